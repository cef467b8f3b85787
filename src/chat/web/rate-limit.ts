// So many in a stretch of time, for each key. Pure but for what it remembers.

export interface RateLimit {
  /** @returns milliseconds until the next is let through; 0: this one is */
  take(key: string, nowMs: number): number
}

/** A bucket that holds `most` and fills evenly within `withinMs`. */
export function createRateLimit(most: number, withinMs: number): RateLimit {
  const perMs = most / withinMs
  const buckets = new Map<string, { left: number; atMs: number }>()
  return {
    take(key, nowMs) {
      const bucket = buckets.get(key) ?? { left: most, atMs: nowMs }
      const left = Math.min(most, bucket.left + (nowMs - bucket.atMs) * perMs)
      buckets.delete(key)
      buckets.set(key, { left: left >= 1 ? left - 1 : left, atMs: nowMs })
      for (const [oldest, { atMs }] of buckets) {
        // full again: as if it had never been there
        if (nowMs - atMs < withinMs) break
        buckets.delete(oldest)
      }
      return left >= 1 ? 0 : Math.ceil((1 - left) / perMs)
    },
  }
}
