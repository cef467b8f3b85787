// A job renderer: what makes an animation of a job, as the scheduler sees it.

import type { Capacity } from './capacity.ts'
import type { Job, Result } from './job.ts'
import type { AnimationRequest } from './request.ts'

export interface RenderProgress {
  readonly stage: 'loading' | 'denoising' | 'decoding' | 'encoding'
  /** Steps that are done, of all. */
  readonly step: number
  readonly of: number
  /** Of loading, as far as it can be foretold: a share from 0 to 1, and how much longer. */
  readonly loading?: { readonly share: number; readonly leftMs: number }
  /** A small looping WebP; absent: what was shown stays. */
  readonly preview?: Uint8Array
}

/** Of a job that teaches a style, before it draws with it. */
export interface LearningProgress extends Pick<RenderProgress, 'preview'> {
  readonly stage: 'training'
  /** It lets others draw. */
  readonly pausing?: true
  /** Steps that are done, of all; none while pictures are read. */
  readonly step: number
  readonly of: number
}

export type JobProgress = RenderProgress | LearningProgress

/** What the scheduler hands a job to, as many at once as its capacity says. @throws UserError → failed with its sentence; other errors → failed as a bug */
export interface JobRenderer extends Capacity {
  /** Absent: it renders whatever it is given. @throws UserError where nothing that is there could ever render it */
  check?(request: AnimationRequest): Promise<void>
  render(job: Job, options: { readonly signal: AbortSignal; readonly onProgress: (progress: JobProgress) => void }): Promise<RenderResult>
}

/** What a render took, for estimates: milliseconds for its job's cost. */
export interface MeasuredRender {
  readonly renderMs: number
  /** Of these, those of the steps, where they are known apart. */
  readonly stepsMs?: number
}

export interface RenderResult extends MeasuredRender {
  readonly result: Result
}

/** Why renders are aborted at a stop: their jobs are handed back, and come again at the next start. */
export class SchedulerStops extends Error {
  override readonly name = 'SchedulerStops'
  override readonly message = 'the scheduler stops'
}
