// The time, as an argument.

export interface Clock {
  /** Since 1970. */
  nowMs(): number
  /** Of a clock that nobody sets, from anywhere: how long something takes is its difference. */
  steadyMs(): number
  /** Calls once after so long; the returned function calls it off. */
  after(ms: number, call: () => void): () => void
}

/**
 * A monotonic clock out of one that may be set: where it is set back time stands still for one look, so that nobody waits until it has
 * caught up with what was written down before.
 */
export function monotonic(): (nowMs: number) => number {
  let last: number | undefined
  let steadyMs = 0
  return (nowMs) => {
    steadyMs += last === undefined ? nowMs : Math.max(0, nowMs - last)
    last = nowMs
    return steadyMs
  }
}
