// An atomic write: a file is written beside its place and renamed when it is whole, so that nobody ever reads half of it.

import { randomUUID } from 'node:crypto'
import { renameSync, rmSync } from 'node:fs'

export interface PartialFile {
  /** In the folder of the target: a name that nobody else has. */
  readonly path: string
  /** Puts it in the place of the target. */
  commit(): void
  abandon(): void
}

export const partialEnding = '.partial'

export function partialFile(target: string): PartialFile {
  const path = `${target}.${randomUUID()}${partialEnding}`
  return { path, commit: () => renameSync(path, target), abandon: () => rmSync(path, { force: true }) }
}
