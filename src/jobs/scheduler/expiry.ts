// Expiry: gives up jobs that have waited too long without a beginning. One timer, for whoever has waited longest. A training that
// was begun once, and waits again after a stop or a crash, is never late: it may have taken a day already.

import type { Clock } from '../../clock.ts'
import type { Job } from '../job.ts'
import { laneOf } from '../lane.ts'

export interface Expiry {
  /** Gives up who is late, and watches the others. */
  check(): void
  /** To be called when a job has come: sets the timer where none is set. */
  watch(): void
  stop(): void
}

export interface ExpiryParts {
  readonly clock: Clock
  readonly maxWaitMs: number
  /** In the order in which they came. */
  readonly jobs: () => Iterable<Job>
  readonly giveUp: (late: readonly Job[]) => void
  /** No timer is set, and none does anything, while this is false. */
  readonly isOpen: () => boolean
}

/** Timers cannot be set for longer than 24 days; a look now and then costs nothing. */
const longestTimerMs = 3_600_000

export function createExpiry({ clock, maxWaitMs, jobs, giveUp, isOpen }: ExpiryParts): Expiry {
  let cancelTimer: (() => void) | undefined

  function check(): void {
    const beforeMs = clock.nowMs() - maxWaitMs
    giveUp([...jobs()].filter((job) => waitsToBegin(job) && job.acceptedMs <= beforeMs))
    watch()
  }

  function watch(): void {
    if (cancelTimer || !isOpen()) return
    for (const job of jobs()) {
      if (!waitsToBegin(job)) continue
      const leftMs = job.acceptedMs + maxWaitMs - clock.nowMs()
      cancelTimer = clock.after(Math.min(Math.max(0, leftMs), longestTimerMs), () => {
        cancelTimer = undefined
        if (isOpen()) check()
      })
      return
    }
  }

  return {
    check,
    watch,
    stop() {
      cancelTimer?.()
      cancelTimer = undefined
    },
  }
}

const waitsToBegin = ({ state, startedMs, request }: Job): boolean =>
  state === 'waiting' && (startedMs === undefined || laneOf(request) === 'drawing')
