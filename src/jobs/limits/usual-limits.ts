// Usual limits: what holds where nothing is set. Apart from limits.ts, because who reads settings wants numbers and no engine: it would be
// loaded before a command line has begun to draw.

import type { Limits } from './limits.ts'

export const usualLimits: Limits = {
  person: { waiting: 5, running: 1, rate: { jobs: 6, perMs: 10 * 60_000 } },
  space: { waiting: 100, rate: { jobs: 120, perMs: 10 * 60_000 } },
  all: { waiting: 1000 },
}
