// Quotas: how much may be kept, for one place and in all, and how often a file may be added. Pure.

import { UserError } from '../../errors.ts'
import { keptFiles } from '../registry/kept-files.ts'
import type { StyleChange } from '../registry/style-change.ts'

export interface Quotas {
  readonly maxFileBytes: number
  /** Of everything that one server, workspace or page has added and not forgotten. */
  readonly maxSpaceBytes: number
  readonly maxBytes: number
  readonly addsPerHour: number
}

export const usualQuotas: Quotas = { maxFileBytes: 8e9, maxSpaceBytes: 20e9, maxBytes: 100e9, addsPerHour: 20 }

const hourMs = 3_600_000

/**
 * @returns bytes that one more file may have
 * @throws UserError `quota-hour`, `quota-space`, `quota-all`
 */
export function roomFor(changes: readonly StyleChange[], space: string, nowMs: number, quotas: Quotas): number {
  // What is dated in the future was written before the clock was set back.
  const added = changes.filter(
    ({ kind, by, atMs }) => (kind === 'added' || kind === 'extended') && by.space === space && Math.abs(nowMs - atMs) < hourMs,
  )
  if (added.length >= quotas.addsPerHour) {
    const waitMs = hourMs - (nowMs - added.at(-quotas.addsPerHour)!.atMs)
    const sentence = `${quotas.addsPerHour} files an hour may be added here; the next in ${Math.ceil(waitMs / 60_000)} minutes.`
    throw new UserError('quota-hour', sentence, { max: quotas.addsPerHour, ms: waitMs })
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
