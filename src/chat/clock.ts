// Time as this machine tells it.

import type { Clock } from '../jobs/scheduler.ts'

export type { Clock } from '../jobs/scheduler.ts'

export const clock: Clock = {
  nowMs: () => Date.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms)
    return () => clearTimeout(timer)
  },
}
