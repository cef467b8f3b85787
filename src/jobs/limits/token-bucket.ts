// A token bucket by its theoretical arrival time (GCRA, ITU-T I.371): a burst of so many, refilled evenly, in one number for each key.

import { monotonic } from '../../clock.ts'
import { type Rate, refillMs } from './limits.ts'

export interface Taken {
  /** When the bucket is full again, since 1970. */
  readonly fullMs: number
  /** Until one may be taken; 0 where one was. */
  readonly waitMs: number
}

/**
 * @param fullMs what it was before; 0 for a bucket that is full
 * @param tokens at most the burst
 */
export function takeToken(fullMs: number, rate: Rate, nowMs: number, tokens = 1): Taken {
  const before = Math.max(fullMs, nowMs)
  const after = before + tokens * refillMs(rate)
  const waitMs = after - nowMs - rate.perMs
  // Sums of what does not divide evenly.
  return waitMs > 0.5 ? { fullMs: before, waitMs } : { fullMs: after, waitMs: 0 }
}

/** What was taken was not used. */
export function giveTokenBack(fullMs: number, rate: Rate, tokens = 1): number {
  return fullMs - tokens * refillMs(rate)
}

/** Buckets of one process; those that are full are forgotten. */
export interface TokenBuckets {
  take(key: string, rate: Rate, tokens?: number): number
  giveBack(key: string, rate: Rate, tokens?: number): void
}

/** Between two looks for buckets that have filled up, in takings. */
const sweepEvery = 1000

export function createTokenBuckets(clockMs: () => number): TokenBuckets {
  const steady = monotonic()
  const nowMs = () => steady(clockMs())
  const full = new Map<string, number>()
  let takings = 0

  function sweep(): void {
    if (takings++ % sweepEvery !== 0) return
    const now = nowMs()
    for (const [key, fullMs] of full) if (fullMs <= now) full.delete(key)
  }

  return {
    take(key, rate, tokens) {
      sweep()
      const { fullMs, waitMs } = takeToken(full.get(key) ?? 0, rate, nowMs(), tokens)
      full.set(key, fullMs)
      return waitMs
    },
    giveBack: (key, rate, tokens) => void full.set(key, giveTokenBack(full.get(key) ?? 0, rate, tokens)),
  }
}
