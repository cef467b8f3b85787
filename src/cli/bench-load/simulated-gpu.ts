// A simulated GPU: renders nothing, in the time that a job's cost stands for.

import { fixedCapacity } from '../../jobs/capacity.ts'
import { costOf, type Job } from '../../jobs/job.ts'
import type { JobRenderer } from '../../jobs/renderer.ts'
import type { ResultDetails } from '../../jobs/result-details.ts'
import { requestOf, sizes } from './simulated-users.ts'

export interface SimulatedGpuOptions {
  readonly slots: number
  /** How many jobs there will be, of equal parts of every size … */
  readonly jobs: number
  /** … and how long they would take all together, one after the other in each slot. */
  readonly drawMs: number
  /** Nothing is rendered before. */
  readonly start: Promise<void>
  readonly wait: (ms: number) => Promise<void>
  /** Keeps what was rendered, under this name. */
  readonly keep: (blob: string) => Promise<void>
}

export function createSimulatedGpu({ slots, jobs, drawMs, start, wait, keep }: SimulatedGpuOptions): JobRenderer {
  const meanCost = sizes.reduce((sum, size) => sum + costOf(requestOf(size, 0, 0)), 0) / sizes.length
  const msPerCost = (drawMs * slots) / (jobs * meanCost)
  return {
    ...fixedCapacity(slots),
    async render(job, { onProgress }) {
      await start
      const takesMs = job.cost * msPerCost
      onProgress({ stage: 'denoising', step: 1, of: job.request.steps })
      await wait(takesMs)
      const blob = `${job.id}.webp`
      await keep(blob)
      return { result: { blob, details: detailsOf(job) }, renderMs: takesMs }
    },
  }
}

const detailsOf = ({ request: { format, width, height, frames, fps } }: Job): ResultDetails => ({
  format,
  width,
  height,
  frames,
  fps,
  bytes: 0,
  notes: [],
})
