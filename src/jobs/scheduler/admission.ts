// Admission control: whether one more request of an owner is taken on, by how many wait already and by how often was asked.

import type { ForecastCache } from '../forecast/forecast-cache.ts'
import { type Ask, type Owner, turnsOf } from '../job.ts'
import type { JobCounts } from '../limits/job-counts.ts'
import { keyOf, type LimitLevel } from '../limits/limit-level.ts'
import { checkWaiting, type Limits, type TooMany } from '../limits/limits.ts'
import type { RateLimiter } from '../limits/rate-limiter.ts'
import type { LiveJobs } from './live-jobs.ts'

export interface Admission {
  /**
   * Takes from what the rates allow: for a long clip as often as for that many usual ones.
   * @param limits where they differ from the usual ones
   * @throws UserError too-many-waiting, too-often; what checkOpen throws
   */
  admit(ask: Pick<Ask, 'owner' | 'request'>, limits?: Limits): Promise<void>
}

export interface AdmissionParts {
  readonly limits: Limits
  readonly jobCounts: JobCounts
  readonly rateLimiter: Pick<RateLimiter, 'take'>
  readonly forecasts: Pick<ForecastCache, 'order' | 'ofWaiting'>
  readonly live: Pick<LiveJobs, 'get'>
  /** How that is said of too many; absent: as of drawings. */
  readonly tooMany?: TooMany
  /** Throws while nothing is taken on. */
  readonly checkOpen: () => void
}

/** What somebody who is refused is told to wait where nothing has been measured yet. */
const unmeasuredWaitMs = 60_000

export function createAdmission({ limits: usual, jobCounts, rateLimiter, forecasts, live, checkOpen, tooMany }: AdmissionParts): Admission {
  /** Until one fewer waits on this level. */
  function waitMs(level: LimitLevel, owner: Owner): number {
    const key = keyOf(level, owner)
    const first = forecasts.order().find((id) => keyOf(level, live.get(id)!.owner) === key)
    return (first === undefined ? undefined : forecasts.ofWaiting(first)?.beginMs) ?? unmeasuredWaitMs
  }

  return {
    async admit({ owner, request }, limits = usual) {
      checkOpen()
      checkWaiting(limits, jobCounts.of(owner), (level) => waitMs(level, owner), tooMany)
      // Counted while the rate limiter is asked, so that many at once are not all let in.
      jobCounts.move(owner, undefined, 'waiting')
      try {
        await rateLimiter.take(owner, limits, turnsOf(request))
        checkOpen()
      } finally {
        jobCounts.move(owner, 'waiting', undefined)
      }
    },
  }
}
