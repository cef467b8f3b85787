// What draws, as the scheduler sees it.

import type { Job, Result } from './job.ts'

export interface RenderProgress {
  readonly stage: string
  readonly step: number
  readonly of: number
  /** A small looping WebP. */
  readonly preview?: Uint8Array
}

/** What the scheduler hands a job to. Several may draw at once. @throws UserError → failed with its sentence; other errors → failed as a bug */
export interface JobRenderer {
  /** How many jobs it draws at once. */
  readonly slots: number
  draw(job: Job, options: { readonly signal: AbortSignal; readonly onProgress: (progress: RenderProgress) => void }): Promise<RenderResult>
}

export interface RenderResult {
  readonly result: Result
  /** Measured, for estimates: milliseconds for this job's cost. */
  readonly drawMs: number
}
