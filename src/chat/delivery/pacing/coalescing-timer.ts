// A coalescing timer: of all the times that are asked for, it runs at the earliest, once.

import type { Clock } from '../../../clock.ts'

export interface CoalescingTimer {
  /** Runs so much later, or earlier where that was asked for before. */
  within(ms: number): void
  stop(): void
}

export function createCoalescingTimer(clock: Clock, run: () => void): CoalescingTimer {
  let next: { readonly dueMs: number; readonly callOff: () => void } | undefined
  return {
    within(ms) {
      const dueMs = clock.nowMs() + ms
      if (next && next.dueMs <= dueMs) return
      next?.callOff()
      const callOff = clock.after(ms, () => {
        next = undefined
        run()
      })
      next = { dueMs, callOff }
    },
    stop: () => next?.callOff(),
  }
}
