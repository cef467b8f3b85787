// A job renderer: what makes an animation of a job, as the scheduler sees it.

import type { Capacity } from './capacity.ts'
import type { Job, Result } from './job.ts'

export interface RenderProgress {
  readonly stage: 'loading' | 'denoising' | 'decoding' | 'encoding'
  /** Steps that are done, of all. */
  readonly step: number
  readonly of: number
  /** A small looping WebP. */
  readonly preview?: Uint8Array
}

/** What the scheduler hands a job to, as many at once as its capacity says. @throws UserError → failed with its sentence; other errors → failed as a bug */
export interface JobRenderer extends Capacity {
  render(
    job: Job,
    options: { readonly signal: AbortSignal; readonly onProgress: (progress: RenderProgress) => void },
  ): Promise<RenderResult>
}

export interface RenderResult {
  readonly result: Result
  /** Measured, for estimates: milliseconds for this job's cost. */
  readonly renderMs: number
}
