// Time as this machine tells it.

import type { Clock } from './clock.ts'

export type { Clock } from './clock.ts'

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms)
    return () => clearTimeout(timer)
  },
}
