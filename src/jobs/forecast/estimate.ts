// An estimate (exponential moving average): how long a render takes, learned from those that were measured. Milliseconds for one unit
// of cost, apart for each size of frame, because cost counts every pixel alike and a large frame takes longer for each.

import { z } from 'zod'
import type { Json } from '../../store/json.ts'
import type { Job } from '../job.ts'

export type Measured = Pick<Job, 'request' | 'cost'>

export interface Estimate {
  /** Undefined where nothing has been measured. */
  msFor(job: Measured): number | undefined
  learn(job: Measured, renderMs: number): void
  save(): Json
}

/** The weight of the newest measurement: a change of the machine shows after a few renders, one odd render does not. */
const newest = 0.25

/** The size is the logarithm to base 2 of a frame's pixels, rounded: each size is twice the one before. */
const savedSchema = z.array(z.tuple([z.int(), z.number().positive()]))

/** @param saved what `save` gave; anything else counts as nothing measured */
export function createEstimate(saved?: Json): Estimate {
  const rates = new Map<number, number>(savedSchema.safeParse(saved).data)

  function rateFor(size: number): number | undefined {
    let best: { readonly apart: number; readonly rate: number } | undefined
    for (const [other, rate] of rates) {
      const apart = Math.abs(other - size)
      if (!best || apart < best.apart) best = { apart, rate }
    }
    return best?.rate
  }

  return {
    msFor(job) {
      const rate = rateFor(sizeOf(job))
      return rate === undefined ? undefined : rate * job.cost
    },
    learn(job, renderMs) {
      if (!(renderMs > 0 && Number.isFinite(renderMs))) return
      const size = sizeOf(job)
      const rate = renderMs / job.cost
      const known = rates.get(size)
      rates.set(size, known === undefined ? rate : known + newest * (rate - known))
    },
    save: () => [...rates].map((entry): [number, number] => entry),
  }
}

function sizeOf({ request: { width, height } }: Measured): number {
  return Math.round(Math.log2(width * height))
}
