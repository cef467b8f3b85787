// Adds a file to the styles: fetched and examined, then a style of its own or a further file of one. Nothing is left behind where it
// fails, and what counts is the state of the registry when the file is there, not when it was asked for.

import type { Sentence } from '../../chat/contract/reply.ts'
import type { NewStyleFile } from '../../chat/contract/style-admin.ts'
import { UserError } from '../../errors.ts'
import { personOf, spaceOf } from '../../jobs/job.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { type BaseModel, installedBase } from '../catalog/base-models.ts'
import { modelOf } from '../catalog/resolve-style.ts'
import type { Intake } from '../intake/intake.ts'
import { sanitizeText } from '../intake/sanitize.ts'
import { deleteUnkept } from '../registry/kept-files.ts'
import type { Author } from '../registry/style-change.ts'
import type { StyleEntry, StyleFile } from '../registry/style-entry.ts'
import type { StyleFiles } from '../registry/style-files.ts'
import { checkStyleName } from '../registry/style-names.ts'
import type { StyleRegistry } from '../registry/style-registry.ts'
import { type Quotas, roomFor } from './quota.ts'
import { extendedEntry, fileNameOf, newEntry, notesOn, styleFileOf } from './registration.ts'
import { type StyleManager, withinReach } from './style-access.ts'

export interface AddStyleFileParts {
  readonly registry: StyleRegistry
  readonly bases: readonly BaseModel[]
  readonly files: StyleFiles
  readonly pathOf: (file: StyleFile) => string
  readonly intake: Intake
  readonly quotas: Quotas
  readonly nowMs: () => number
}

export interface StyleFileToAdd {
  readonly wanted: NewStyleFile
  readonly by: Author
  /** The style that it is a further file of; absent: it becomes one. */
  readonly before: StyleEntry | undefined
  readonly manager: StyleManager
  /** Id of the training that has learned it. */
  readonly training?: string
}

/** Of the whole intake. */
const timeoutMs = 60 * 60_000

/** @throws UserError those of intake and of quotas, `style-name`, `style-name-taken`, `training-name-taken`, `style-has-file`, `list-full`, `style-word`, `style-everywhere` */
export async function addStyleFile(
  { registry, bases, files, pathOf, intake, quotas, nowMs }: AddStyleFileParts,
  { wanted, by, before, manager, training }: StyleFileToAdd,
): Promise<{ entry: StyleEntry; notes: readonly Sentence[] }> {
  if (!before) refuseTaken(registry, checkStyleName(wanted.name))
  const room = (): number => roomFor(registry.changes(), by.space, nowMs(), quotas)
  const taken = await intake(wanted, {
    maxBytes: room(),
    bases: before ? [baseUnder(before, bases, pathOf)] : bases,
    signal: AbortSignal.timeout(timeoutMs),
    fetchFile: manager.fetchFile,
  })
  try {
    const file = styleFileOf(taken, wanted)
    const { entry } = await registry.change(by, before ? 'extended' : 'added', () => {
      room()
      const now = before && registry.current(before)
      const made: StyleEntry = now
        ? extendedEntry(now, file, taken, wanted)
        : { ...newEntry(file, taken, wanted, bases), home: by.space, ...(wanted.here && { spaces: [by.space] }) }
      const next = withinReach(now, made, manager)
      files.place(taken.incoming, file.file)
      return { id: next.id, entry: next, ...omitUndefined({ training }) }
    })
    return { entry: entry!, notes: notesOn(taken, entry!, file) }
  } catch (error) {
    files.drop(taken.incoming)
    await deleteUnkept([fileNameOf(taken)], registry, files)
    throw error
  }
}

/** As the record has it. */
export function authorOf({ owner, name }: StyleManager): Author {
  return { person: personOf(owner), space: spaceOf(owner), name: sanitizeText(name, 80) }
}

function refuseTaken(registry: StyleRegistry, name: string): void {
  const taken = registry.find(name)
  if (!taken) return
  const sentence = `There is a style '${name}' already; extend:yes adds the file to it.`
  throw new UserError('style-name-taken', sentence, { name, taken: taken.name })
}

/** What a further file of a style is laid on: the style's own checkpoint, without its LoRAs. */
function baseUnder(entry: StyleEntry, bases: readonly BaseModel[], pathOf: (file: StyleFile) => string): BaseModel {
  const base = installedBase(entry, bases)
  return { ...base, files: { ...modelOf(entry.files, base.files, pathOf), loras: [] } }
}
