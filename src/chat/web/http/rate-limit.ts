// A rate limit: so many in a stretch of time, for each key. Pure but for what it remembers.

import { monotonic } from '../../../clock.ts'

export interface RateLimit {
  /** @returns milliseconds until the next is let through; 0: this one is */
  take(key: string, nowMs: number): number
}

/** As many as `most` at once, then one each `withinMs / most`: a leaky bucket, kept as the time at which it will be empty. */
export function createRateLimit(most: number, withinMs: number): RateLimit {
  const eachMs = withinMs / most
  const emptyMs = new Map<string, number>()
  const steady = monotonic()
  return {
    take(key, clockMs) {
      const nowMs = steady(clockMs)
      const fullMs = Math.max(nowMs, emptyMs.get(key) ?? nowMs)
      const waitMs = Math.ceil(fullMs + eachMs - withinMs - nowMs)
      if (waitMs > 0) return waitMs
      emptyMs.delete(key)
      emptyMs.set(key, fullMs + eachMs)
      for (const [oldest, atMs] of emptyMs) {
        // empty: as if it had never been there
        if (atMs > nowMs) break
        emptyMs.delete(oldest)
      }
      return 0
    },
  }
}
