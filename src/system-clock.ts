// Time as this machine tells it, but that it never goes back: who waits would wait until it had caught up.

import type { Clock } from './clock.ts'

export type { Clock } from './clock.ts'

/**
 * A clock that is set back is not followed until the next start; one that is set forward is.
 *
 * @param wallMs since 1970
 * @param steadyMs of a clock that nobody sets
 */
export function neverBack(wallMs: () => number, steadyMs: () => number): () => number {
  let last = { nowMs: wallMs(), steadyMs: steadyMs() }
  return () => {
    const steady = steadyMs()
    last = { nowMs: Math.max(wallMs(), last.nowMs + steady - last.steadyMs), steadyMs: steady }
    return Math.floor(last.nowMs)
  }
}

export const systemClock: Clock = {
  nowMs: neverBack(
    () => Date.now(),
    () => performance.now(),
  ),
  steadyMs: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms)
    return () => clearTimeout(timer)
  },
}
