// Reference counting of style files: which are still spoken of by some state that can be gone back to.

import type { StyleChange } from './style-change.ts'
import type { StyleFiles } from './style-files.ts'
import type { StyleRegistry } from './style-registry.ts'

/** @returns them with their sizes in bytes; styles that were forgotten have no such states */
export function keptFiles(changes: readonly StyleChange[], space?: string): Map<string, number> {
  const forgotten = new Set(changes.filter(({ kind }) => kind === 'forgotten').map(({ id }) => id))
  const kept = new Map<string, number>()
  for (const { id, entry } of changes) {
    if (!entry || forgotten.has(id) || (space !== undefined && entry.home !== space)) continue
    for (const { file, bytes } of entry.files) kept.set(file, bytes)
  }
  return kept
}

/** Deletes those of these files that no style speaks of any more. */
export function deleteUnkept(candidates: readonly string[], registry: StyleRegistry, files: StyleFiles): Promise<void> {
  return registry.alone(() => {
    const kept = keptFiles(registry.changes())
    for (const file of candidates) if (!kept.has(file)) files.remove(file)
  })
}
