// How much may be kept, for one place and in all, and how often something may be added. Pure.

import { UserError } from '../../errors.ts'
import type { StyleChange } from '../registry/style-change.ts'

export interface Quotas {
  readonly maxFileBytes: number
  /** Of everything that one server, workspace or page has added and not forgotten. */
  readonly maxSpaceBytes: number
  readonly maxBytes: number
  readonly addsPerHour: number
}

export const usualQuotas: Quotas = { maxFileBytes: 8e9, maxSpaceBytes: 20e9, maxBytes: 100e9, addsPerHour: 20 }

/** Files that some state of a style speaks of which can be gone back to, and their sizes. Forgotten styles have no such states. */
export function keptFiles(changes: readonly StyleChange[], space?: string): Map<string, number> {
  const forgotten = new Set(changes.filter(({ deed }) => deed === 'forgotten').map(({ id }) => id))
  const kept = new Map<string, number>()
  for (const { id, entry } of changes) {
    if (!entry || forgotten.has(id) || (space !== undefined && entry.home !== space)) continue
    for (const { file, bytes } of entry.files) kept.set(file, bytes)
  }
  return kept
}

/**
 * @returns bytes that one more file may have
 * @throws UserError `quota-hour`, `quota-space`, `quota-all`
 */
export function roomFor(changes: readonly StyleChange[], space: string, nowMs: number, quotas: Quotas): number {
  const hour = 3_600_000
  const added = changes.filter(
    ({ deed, by, atMs }) => (deed === 'added' || deed === 'extended') && by.space === space && nowMs - atMs < hour,
  )
  if (added.length >= quotas.addsPerHour) {
    const waitMs = hour - (nowMs - added.at(-quotas.addsPerHour)!.atMs)
    throw new UserError(
      'quota-hour',
      `${quotas.addsPerHour} files an hour may be added here; the next in ${Math.ceil(waitMs / 60_000)} minutes.`,
      {
        max: quotas.addsPerHour,
        ms: waitMs,
      },
    )
  }
  const left = (limit: number, files: ReadonlyMap<string, number>): number =>
    limit - [...files.values()].reduce((sum, bytes) => sum + bytes, 0)
  const here = left(quotas.maxSpaceBytes, keptFiles(changes, space))
  const inAll = left(quotas.maxBytes, keptFiles(changes))
  const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1)
  if (here <= 0) {
    const sentence = `The styles added here fill the ${gigabytes(quotas.maxSpaceBytes)} GB that they may: remove some with forget:yes.`
    throw new UserError('quota-space', sentence, { max: gigabytes(quotas.maxSpaceBytes) })
  }
  if (inAll <= 0) {
    const sentence = `The styles on this host fill the ${gigabytes(quotas.maxBytes)} GB that they may; its operator can make room.`
    throw new UserError('quota-all', sentence, { max: gigabytes(quotas.maxBytes) })
  }
  return Math.min(quotas.maxFileBytes, here, inAll)
}
