// An estimate (exponential moving average): how long a render takes, learned from those that were measured. Milliseconds of the steps for
// one unit of cost; apart for each size of frame, because cost counts every pixel alike and a large frame takes longer for each. All the
// rest (decoding, encoding, what is always the same) by the root of the pixels, between what grows with them and what does not: a small
// render is little else, and would foretell days for a large one.

import { z } from 'zod'
import type { Json } from '../../store/json.ts'
import type { Job } from '../job.ts'
import type { MeasuredRender } from '../renderer.ts'

export type Measured = Pick<Job, 'request' | 'cost'>

export interface Estimate {
  /** Undefined where nothing has been measured, or what was cannot be true of this. */
  msFor(job: Measured): number | undefined
  learn(job: Measured, measured: MeasuredRender): void
  save(): Json
}

/** The weight of the newest measurement: a change of the machine shows after a few renders, one odd render does not. */
const newest = 0.25
/** Nobody waits so long: what says so was measured while the machine slept, or is of another. */
const longestMs = 7 * 24 * 3_600_000

interface Rate {
  readonly perCost: number
  readonly perRoot: number
}

/** The size is the logarithm to base 2 of a frame's pixels, rounded: each size is twice the one before. */
const savedSchema = z.array(z.tuple([z.int(), z.number().positive(), z.number().nonnegative().optional()]))

/** @param saved what `save` gave; anything else counts as nothing measured */
export function createEstimate(saved?: Json): Estimate {
  const read = savedSchema.safeParse(saved).data ?? []
  const rates = new Map(read.map(([size, perCost, perRoot = 0]): [number, Rate] => [size, { perCost, perRoot }]))

  function rateFor(size: number): Rate | undefined {
    let best: { readonly apart: number; readonly rate: Rate } | undefined
    for (const [other, rate] of rates) {
      const apart = Math.abs(other - size)
      if (!best || apart < best.apart) best = { apart, rate }
    }
    return best?.rate
  }

  return {
    msFor(job) {
      const rate = rateFor(sizeOf(job))
      const ms = rate && rate.perCost * job.cost + rate.perRoot * rootOf(job)
      return ms !== undefined && ms <= longestMs ? ms : undefined
    },
    learn(job, { renderMs, stepsMs = renderMs }) {
      if (!(stepsMs > 0 && renderMs >= stepsMs && renderMs <= longestMs)) return
      const size = sizeOf(job)
      const rate = { perCost: stepsMs / job.cost, perRoot: (renderMs - stepsMs) / rootOf(job) }
      const known = rates.get(size) ?? rate
      const moved = (name: keyof Rate): number => known[name] + newest * (rate[name] - known[name])
      rates.set(size, { perCost: moved('perCost'), perRoot: moved('perRoot') })
    },
    save: () => [...rates].map(([size, { perCost, perRoot }]): [number, number, number] => [size, perCost, perRoot]),
  }
}

/** Of the pixels of all frames. */
const rootOf = ({ request: { width, height, frames } }: Measured): number => Math.sqrt(width * height * frames)

function sizeOf({ request: { width, height } }: Measured): number {
  return Math.round(Math.log2(width * height))
}
