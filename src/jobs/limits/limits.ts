// Limits (quotas): how much one person, one space and everybody together may ask for. Policy only: numbers in, refusals out.
// What counts the rate is in rate-limiter.ts, what counts jobs is in job-counts.ts.

import { UserError } from '../../errors.ts'
import type { Counts } from './job-counts.ts'
import { type LimitLevel, limitLevels } from './limit-level.ts'

/** A burst of `jobs`, refilled evenly: one more every perMs / jobs. */
export interface Rate {
  readonly jobs: number
  readonly perMs: number
}

/** What is absent is not limited. */
export interface Limit {
  readonly waiting?: number
  readonly running?: number
  readonly rate?: Rate
}

export type Limits = { readonly [level in LimitLevel]: Limit }

/**
 * Refuses one more waiting job where there are as many as the limits allow.
 *
 * @param waitMs how long until one fewer is likely to wait on this level; asked only where it is needed
 * @throws UserError too-many-waiting { level, limit, waitS }, or what `tooMany` makes
 */
export function checkWaiting(
  limits: Limits,
  counts: Counts,
  waitMs: (level: LimitLevel) => number,
  tooMany: TooMany = tooManyWaiting,
): void {
  for (const level of limitLevels) {
    const limit = limits[level].waiting
    if (limit === undefined || counts[level].waiting < limit) continue
    throw tooMany(level, limit, () => waitMs(level))
  }
}

/** @param waitMs how long until one fewer is likely to wait */
export type TooMany = (level: LimitLevel, limit: number, waitMs: () => number) => UserError

function tooManyWaiting(level: LimitLevel, limit: number, waitMs: () => number): UserError {
  const waitS = seconds(waitMs())
  const animations = limit === 1 ? '1 animation waits' : `${limit} animations wait`
  const sentence = `${animations} ${whose[level]} already, as many as may: try again in about ${duration(waitS)}.`
  return new UserError('too-many-waiting', sentence, { level, limit, waitS })
}

export function tooManyTrainings(level: LimitLevel, limit: number): UserError {
  const trainings = limit === 1 ? '1 style waits' : `${limit} styles wait`
  return new UserError('too-many-trainings', `${trainings} to be learned ${whose[level]} already, as many as may: ask again later.`, {
    level,
    limit,
  })
}

export function mayRun({ person, space, all }: Limits, counts: Counts): boolean {
  return below(counts.person, person) && below(counts.space, space) && below(counts.all, all)
}

function below({ running }: Counts[LimitLevel], limit: Limit): boolean {
  return limit.running === undefined || running < limit.running
}

/** @param waitMs until the rate allows the next one */
export function tooOften(level: LimitLevel, { jobs, perMs }: Rate, waitMs: number): UserError {
  const waitS = seconds(waitMs)
  const most = `${jobs} animation${jobs === 1 ? '' : 's'} in ${duration(seconds(perMs))}`
  return new UserError('too-often', `${most} ${isMost[level]}: try again in ${duration(waitS)}.`, { level, jobs, perMs, waitS })
}

/** How long one more takes to be allowed when all are used up. */
export function refillMs({ jobs, perMs }: Rate): number {
  return perMs / jobs
}

const whose: Readonly<Record<LimitLevel, string>> = { person: 'for you', space: 'here', all: 'in all' }

const isMost: Readonly<Record<LimitLevel, string>> = {
  person: 'is what one person may ask for',
  space: 'is what everybody here together may ask for',
  all: 'is what everybody together may ask for',
}

/** Rounded up: whoever waits as long as he was told is not refused again. */
function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000))
}

function duration(s: number): string {
  if (s < 120) return s === 1 ? '1 second' : `${s} seconds`
  return `${Math.ceil(s / 60)} minutes`
}
