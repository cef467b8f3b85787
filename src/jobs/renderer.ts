// What draws, as the scheduler sees it.

import type { Job, Result } from './job.ts'

export interface DrawingProgress {
  readonly stage: string
  readonly step: number
  readonly of: number
  /** A small looping WebP. */
  readonly preview?: Uint8Array
}

/** What the scheduler hands a job to. Several may draw at once. @throws UserError → failed with its sentence; other errors → failed as a bug */
export interface Drawer {
  /** How many jobs it draws at once. */
  readonly slots: number
  draw(job: Job, options: { readonly signal: AbortSignal; readonly onProgress: (progress: DrawingProgress) => void }): Promise<DrawResult>
}

export interface DrawResult {
  readonly result: Result
  /** Measured, for estimates: milliseconds for this job's cost. */
  readonly drawMs: number
}
