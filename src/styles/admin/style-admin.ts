// Style administration for one manager: who may, what is done, and what is written down about it.

import type { NewTraining, PreparedTraining, StyleAdmin, StyleCard } from '../../chat/contract/style-admin.ts'
import { spaceOf } from '../../jobs/job.ts'
import type { StylePictures } from '../catalog/style-pictures.ts'
import { deleteUnkept } from '../registry/kept-files.ts'
import type { ChangeKind } from '../registry/style-change.ts'
import type { StyleEntry } from '../registry/style-entry.ts'
import { checkStyleName } from '../registry/style-names.ts'
import type { StyleRegistry } from '../registry/style-registry.ts'
import { type AddStyleFileParts, addStyleFile, authorOf } from './add-style-file.ts'
import { earlierState } from './earlier-state.ts'
import type { Preview } from './previews.ts'
import { checkManager, managedEntry, type StyleAccessParts, type StyleManager, withinReach } from './style-access.ts'
import { cardOf, recordOf } from './style-card.ts'
import { applyEdits, unchanged, withAliases } from './style-edits.ts'

export interface StyleAdminParts extends AddStyleFileParts, StyleAccessParts {
  readonly pictures: StylePictures
  readonly preview: Preview
  readonly prepareTraining: (wanted: NewTraining, manager: StyleManager) => Promise<PreparedTraining>
}

export function createStyleAdmin(parts: StyleAdminParts, manager: StyleManager): StyleAdmin {
  const { registry } = parts
  const { owner } = manager
  const space = spaceOf(owner)
  const by = authorOf(manager)
  const managed = (name: string, find?: StyleRegistry['find']): Promise<StyleEntry> => managedEntry(parts, manager, name, find)

  /** @param next of what it is by then: somebody else may have been quicker */
  async function change(entry: StyleEntry, kind: ChangeKind, next: (now: StyleEntry) => StyleEntry): Promise<StyleCard> {
    const changed = await registry.change(by, kind, () => {
      const now = registry.current(entry)
      return { id: entry.id, entry: withinReach(now, next(now), manager) }
    })
    return cardOf(registry, changed.entry!, space)
  }

  /** To a state of long ago, or to none. */
  async function put(entry: StyleEntry, kind: ChangeKind, state: StyleEntry | undefined): Promise<StyleCard> {
    await registry.change(by, kind, () => ({ id: entry.id, ...(state && { entry: state }) }))
    return cardOf(registry, state ?? entry, space)
  }

  async function forgetFiles(id: string): Promise<void> {
    const entries = registry.changes(id).flatMap(({ entry }) => entry ?? [])
    const files = entries.flatMap((entry) => entry.files.map(({ file }) => file))
    await deleteUnkept(files, registry, parts.files)
    for (const entry of entries) await parts.pictures.forget(entry)
  }

  return {
    async add(wanted) {
      await checkManager(manager)
      const before = wanted.extend ? await managed(wanted.name) : undefined
      const { entry, notes } = await addStyleFile(parts, { wanted, by, before, manager })
      return cardOf(registry, entry, space, notes)
    },

    train: (wanted) => parts.prepareTraining(wanted, manager),

    async preview(name, format) {
      return parts.preview(await managed(name), format)
    },

    async edit(name, edits) {
      return change(await managed(name), 'edited', (now) => applyEdits(now, edits, space))
    },

    async set(name, wanted) {
      const entry = await managed(name)
      const state = wanted === 'kept' ? 'admins' : wanted
      if (entry.state === state) throw unchanged(entry.name)
      return change(entry, wanted, (now) => ({ ...now, state }))
    },

    async rename(name, to) {
      const entry = await managed(name)
      const called = checkStyleName(to)
      return change(entry, 'renamed', (now) => ({ ...now, name: called, aliases: withAliases(now.aliases, [now.name], called) }))
    },

    async remove(name, forget) {
      const entry = await managed(name, forget ? registry.past : registry.find)
      const card = await put(entry, forget ? 'forgotten' : 'removed', undefined)
      if (forget) await forgetFiles(entry.id)
      return { ...card, state: 'removed' }
    },

    async rollback(name, to) {
      const entry = await managed(name, registry.past)
      const state = earlierState(parts, entry, to)
      return put(entry, 'rolled-back', state && withinReach(registry.find(entry.name), state, manager))
    },

    async record(name) {
      return recordOf(registry, await managed(name, registry.past), space)
    },
  }
}
