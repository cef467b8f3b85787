// Rollback: finds what a style was before, and refuses where there is no way back to it.

import { isDeepStrictEqual } from 'node:util'
import { UserError } from '../../errors.ts'
import type { StyleEntry, StyleFile } from '../registry/style-entry.ts'
import type { StyleFiles } from '../registry/style-files.ts'
import type { StyleRegistry } from '../registry/style-registry.ts'
import { unchanged } from './style-edits.ts'

export interface EarlierStateParts {
  readonly registry: StyleRegistry
  readonly files: StyleFiles
  readonly pathOf: (file: StyleFile) => string
}

/**
 * @param number of the change that led to the state; absent: the state before the last change
 * @returns `undefined` where it did not exist then
 * @throws UserError `style-forgotten`, `style-no-such-state`, `style-file-gone`, `style-unchanged`
 */
export function earlierState(
  { registry, files, pathOf }: EarlierStateParts,
  { id, name }: StyleEntry,
  number?: number,
): StyleEntry | undefined {
  const last = registry.changes(id).at(-1)
  if (last?.kind === 'forgotten')
    throw new UserError('style-forgotten', `${name} was removed with its files: there is no way back.`, { name })
  if (!last || (number !== undefined && (number < 0 || number >= last.number))) {
    const sentence = `${name} has no earlier state${number === undefined ? '' : ` ${number}`}; who lists them.`
    throw new UserError('style-no-such-state', sentence, { name, to: number ?? 0 })
  }
  const state = registry.at(id, number ?? last.number - 1)
  // What ships lies elsewhere, and stays.
  const missing = state?.files.find((file) => files.path(file.file) === pathOf(file) && !files.has(file.file))
  if (missing) throw new UserError('style-file-gone', `${missing.about} is no longer kept.`, { name, about: missing.about })
  if (isDeepStrictEqual(state, last.entry)) throw unchanged(name)
  return state
}
