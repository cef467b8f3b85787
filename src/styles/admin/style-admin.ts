// Managing styles for one person: who may, what is done, and what is written down about it.

import type { Attachment } from '../../chat/contract/attachment.ts'
import type { StyleAdmin, StyleCard, StylePreview } from '../../chat/contract/style-admin.ts'
import { UserError } from '../../errors.ts'
import { type Owner, personOf, spaceOf } from '../../jobs/job.ts'
import type { Base, StyleCatalog } from '../catalog/style.ts'
import type { Author, ChangeKind } from '../catalog/style-change.ts'
import { modelOf, type StyleEntry, type StyleFile, styleOf } from '../catalog/style-entry.ts'
import { checkStyleName } from '../catalog/style-names.ts'
import type { StylePictures } from '../catalog/style-pictures.ts'
import type { StyleRegistry } from '../catalog/style-registry.ts'
import type { Intake } from '../intake/intake.ts'
import { sanitizeText } from '../intake/sanitize.ts'
import type { StyleFiles } from '../intake/style-files.ts'
import type { Preview } from './previews.ts'
import { keptFiles, type Quotas, roomFor } from './quota.ts'
import { extended, fileNameOf, fileOf, newEntry, notesOn } from './registration.ts'
import { cardOf, recordOf } from './style-card.ts'
import { applyEdits, withAliases } from './style-edits.ts'

/** Whoever speaks, and where. */
export interface StyleManager {
  readonly owner: Owner
  /** Shown to others in the record. */
  readonly name: string
  readonly asker: { readonly admin: boolean; readonly operator: boolean; readonly roles: readonly string[] }
  /** Roles or people who may manage styles here besides the admins. */
  readonly managers: () => Promise<readonly string[]>
  /** The platform's, where it has one. */
  readonly fetchFile?: (attachment: Attachment, signal: AbortSignal) => AsyncIterable<Uint8Array>
}

export interface StyleAdminOptions {
  readonly registry: StyleRegistry
  readonly catalog: Pick<StyleCatalog, 'model'>
  readonly bases: readonly Base[]
  readonly folder: StyleFiles
  readonly pathOf: (file: StyleFile) => string
  readonly pictures: StylePictures
  readonly intake: Intake
  readonly preview: Preview
  readonly quotas: Quotas
  readonly nowMs: () => number
  /** How long a person waits for a preview. */
  readonly patienceMs: number
  /** Then a preview is given up that nobody waits for. */
  readonly previewMs: number
}

export function createStyleAdmin(options: StyleAdminOptions, manager: StyleManager): StyleAdmin {
  const { registry, bases, folder, quotas, nowMs } = options
  const { owner, asker } = manager
  const space = spaceOf(owner)
  const by: Author = { person: personOf(owner), space, name: sanitizeText(manager.name, 80) }

  /** @throws UserError `not-a-style-manager` */
  async function refuseOthers(): Promise<void> {
    if (asker.admin) return
    const managers = await manager.managers()
    if (managers.some((id) => id === owner.person || asker.roles.includes(id))) return
    throw new UserError('not-a-style-manager', 'Styles are managed by the admins here and by those whom /settings managers names.')
  }

  /** @throws UserError `unknown-style`, `style-built-in`, `style-elsewhere` */
  async function mine(name: string, find: (name: string) => StyleEntry | undefined = registry.find): Promise<StyleEntry> {
    await refuseOthers()
    await registry.refresh()
    const entry = find(name)
    const foreign = entry && entry.home !== space && !asker.operator
    if (!entry || (foreign && entry.state === 'admins'))
      throw new UserError('unknown-style', `There is no style '${name}'. /styles shows those there are.`, { name })
    if (!foreign) return entry
    if (entry.home === undefined)
      throw new UserError('style-built-in', `${entry.name} ships with the bot: its operator alone may change it.`, { name: entry.name })
    throw new UserError('style-elsewhere', `${entry.name} was added in another place, and is changed there.`, { name: entry.name })
  }

  /** @param next of what it is by then: somebody else may have been quicker */
  async function changed({ id, name }: StyleEntry, deed: ChangeKind, next: (now: StyleEntry) => StyleEntry): Promise<StyleCard> {
    const { entry } = await registry.change(by, deed, () => ({ id, entry: next(present(id, name)) }))
    return cardOf(registry, entry!, space)
  }

  /** @throws UserError `unknown-style` */
  function present(id: string, name: string): StyleEntry {
    const now = registry.entries().find((entry) => entry.id === id)
    if (now) return now
    throw new UserError('unknown-style', `There is no style '${name}'. /styles shows those there are.`, { name })
  }

  /** To a state of long ago, or to none. */
  async function put(entry: StyleEntry, deed: ChangeKind, state: StyleEntry | undefined): Promise<StyleCard> {
    await registry.change(by, deed, () => ({ id: entry.id, ...(state && { entry: state }) }))
    return cardOf(registry, state ?? entry, space)
  }

  return {
    async add(wanted) {
      await refuseOthers()
      const before = wanted.extend ? await mine(wanted.name) : undefined
      if (!before) refuseTaken(checkStyleName(wanted.name))
      const maxBytes = roomFor(registry.changes(), space, nowMs(), quotas)
      const taken = await options.intake(wanted, {
        maxBytes,
        bases: before ? [baseUnder(before)] : bases,
        signal: AbortSignal.timeout(60 * 60_000),
        fetchFile: manager.fetchFile,
      })
      const here = { home: space, ...(wanted.here && { spaces: [space] }) }
      try {
        const file = fileOf(taken, wanted)
        let entry: StyleEntry | undefined
        await registry.change(by, before ? 'extended' : 'added', () => {
          roomFor(registry.changes(), space, nowMs(), quotas)
          entry = before
            ? extended(present(before.id, before.name), file, taken, wanted)
            : { ...newEntry(file, taken, wanted, bases), ...here }
          folder.place(taken.incoming, file.file)
          return { id: entry.id, entry }
        })
        return cardOf(registry, entry!, space, notesOn(taken, entry!, file))
      } catch (error) {
        folder.drop(taken.incoming)
        await sweepUnkept([fileNameOf(taken)])
        throw error
      }
    },

    async preview(name, format) {
      const entry = await mine(name)
      const base = bases.find((one) => one.name === entry.base)
      const style = styleOf(entry, base, options.pathOf)
      if (!base || !style)
        throw new UserError('style-base-missing', `${entry.name} lies on ${entry.base}, which is not installed.`, {
          name: entry.name,
          base: entry.base,
        })
      const facts = await options.catalog.model(entry.name)
      return withinPatience(
        options.preview({ entry, style, base, facts, format }, AbortSignal.timeout(options.previewMs)),
        options.patienceMs,
      )
    },

    async edit(name, edits) {
      const entry = await mine(name)
      return changed(entry, 'edited', (now) => applyEdits(now, edits, space))
    },

    async set(name, wanted) {
      const entry = await mine(name)
      const state = wanted === 'kept' ? 'admins' : wanted
      if (entry.state === state) throw new UserError('style-unchanged', `That leaves ${entry.name} as it is.`, { name: entry.name })
      return changed(entry, wanted, (now) => ({ ...now, state }))
    },

    async rename(name, to) {
      const entry = await mine(name)
      const called = checkStyleName(to)
      return changed(entry, 'renamed', (now) => ({ ...now, name: called, aliases: withAliases(now.aliases, [now.name], called) }))
    },

    async remove(name, forget) {
      const entry = await mine(name, forget ? registry.past : registry.find)
      const card = await put(entry, forget ? 'forgotten' : 'removed', undefined)
      if (forget) await forgetFiles(entry.id)
      return { ...card, state: 'removed' }
    },

    async rollback(name, to) {
      const entry = await mine(name, registry.past)
      const changes = registry.changes(entry.id)
      const last = changes.at(-1)
      if (last?.deed === 'forgotten')
        throw new UserError('style-forgotten', `${entry.name} was removed with its files: there is no way back.`, { name: entry.name })
      if (!last || (to !== undefined && (to < 0 || to >= last.number)))
        throw new UserError(
          'style-no-such-state',
          `${entry.name} has no earlier state${to === undefined ? '' : ` ${to}`}; /styles who lists them.`,
          {
            name: entry.name,
            to: to ?? 0,
          },
        )
      const state = registry.at(entry.id, to ?? last.number - 1)
      const missing = state?.files.find((file) => folder.path(file.file) === options.pathOf(file) && !folder.has(file.file))
      if (missing) throw new UserError('style-file-gone', `${missing.about} is no longer kept.`, { name: entry.name, about: missing.about })
      if (JSON.stringify(state) === JSON.stringify(last.entry))
        throw new UserError('style-unchanged', `That leaves ${entry.name} as it is.`, { name: entry.name })
      return put(entry, 'rolled-back', state)
    },

    async record(name) {
      const entry = await mine(name, registry.past)
      return recordOf(registry, entry, space)
    },
  }

  function refuseTaken(name: string): void {
    const taken = registry.find(name)
    if (taken)
      throw new UserError('style-name-taken', `There is a style '${name}' already; extend:yes adds the file to it.`, {
        name,
        taken: taken.name,
      })
  }

  /** What a further file of a style is laid on. */
  function baseUnder(entry: StyleEntry): Base {
    const base = bases.find(({ name }) => name === entry.base)
    if (base) return { ...base, files: { ...modelOf(entry.files, base.files, options.pathOf), loras: [] } }
    throw new UserError('style-base-missing', `${entry.name} lies on ${entry.base}, which is not installed.`, {
      name: entry.name,
      base: entry.base,
    })
  }

  async function forgetFiles(id: string): Promise<void> {
    const entries = registry.changes(id).flatMap(({ entry }) => entry ?? [])
    await sweepUnkept(entries.flatMap(({ files }) => files.map(({ file }) => file)))
    for (const entry of entries) await options.pictures.forget(entry)
  }

  /** Files that no style speaks of any more. */
  function sweepUnkept(files: readonly string[]): Promise<void> {
    return registry.alone(() => {
      const kept = keptFiles(registry.changes())
      for (const file of files) if (!kept.has(file)) folder.remove(file)
    })
  }
}

/** What is drawn goes on when nobody waits any more: the next one who asks finds it. */
async function withinPatience(preview: Promise<StylePreview>, patienceMs: number): Promise<StylePreview | undefined> {
  let timer: NodeJS.Timeout | undefined
  const waited = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), patienceMs)
  })
  preview.catch(() => undefined)
  return Promise.race([preview, waited]).finally(() => clearTimeout(timer))
}
