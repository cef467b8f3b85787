// A seen set: what was just done, so that the same thing again is known: events that come twice, storms of reactions.

export interface SeenSet {
  /** Whether the key was given within the time before; it counts from now on either way. */
  again(key: string, nowMs: number): boolean
}

/** @param max how many keys are remembered at most; the oldest are forgotten first */
export function createSeenSet(forMs: number, max: number): SeenSet {
  const seen = new Map<string, number>()
  return {
    again(key, nowMs) {
      const last = seen.get(key)
      // deleted first, so that the map stays in the order of time
      seen.delete(key)
      seen.set(key, nowMs)
      for (const [old, ms] of seen) {
        if (seen.size <= max && nowMs - ms < forMs) break
        seen.delete(old)
      }
      return last !== undefined && nowMs - last < forMs
    },
  }
}
