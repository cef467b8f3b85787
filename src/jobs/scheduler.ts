// Which job runs next, and what became of it. Journal, gate and queue meet here; neither chat nor GPU is known.

import type { Json } from '../store/json.ts'
import type { Ask, End, Job, Owner, Reason, Result } from './job.ts'
import type { Limits } from './limits.ts'

export interface Scheduler {
  /** Takes up what the journal holds and begins to run jobs. */
  start(): Promise<void>
  /** Begins nothing new; running jobs are aborted and wait again, for the next start. */
  stop(): Promise<void>
  /**
   * Written down before it returns: from here on the request has exactly one end.
   * @throws UserError too-many-waiting, too-often
   */
  accept(ask: Ask, options?: { readonly limits?: Limits }): Promise<Job>
  /** Waiting or running → cancelled, or what `outcome` says. Undefined where it has ended or is unknown. */
  cancel(id: string, outcome?: { readonly state: 'cancelled' | 'refused' | 'expired'; readonly reason: Reason }): Promise<Job | undefined>
  /** Also ended ones, until they are forgotten. */
  find(id: string): Job | undefined
  /** Newest first. */
  jobsOf(owner: Owner, page: { readonly from: number; readonly limit: number }): { readonly jobs: readonly Job[]; readonly total: number }
  /** Ended ones of everybody, newest end first: what galleries show and what retention clears away. */
  ended(query: EndedQuery): { readonly jobs: readonly Job[]; readonly total: number }
  standing(id: string): Standing | undefined
  /** Running ones first, then in the order of service. */
  standings(where?: Partial<Owner>): readonly Standing[]
  load(): { readonly waiting: number; readonly running: number }
  /** Called in order, after each change was written down. Returns what takes the listener away. */
  listen(listener: (event: JobEvent) => void): () => void
  /** Ended jobs of which nobody has been told yet, oldest first. */
  untold(): readonly Job[]
  /** The end has been shown; `told` is kept with the job and comes with `find`. Written down before it returns. */
  told(id: string): Promise<void>
  /** What the chat keeps with a job: where its message is. Written down before it returns. */
  annotate(id: string, note: Json): Promise<void>
  noteOf(id: string): Json | undefined
  /** Removes ended jobs that were told; their blobs are the caller's to remove. */
  forget(ids: readonly string[]): Promise<void>
}

export interface EndedQuery {
  readonly where?: Partial<Owner>
  readonly state?: End
  /** Only those that ended before. */
  readonly beforeMs?: number
  readonly from: number
  readonly limit: number
}

export interface Standing {
  readonly job: Job
  /** How many run before it; undefined while it runs. */
  readonly ahead?: number
  /** Until it is finished; undefined where nothing has been measured. */
  readonly leftMs?: number
}

export type JobEvent =
  /** Accepted, begun, handed back or ended. */
  | { readonly kind: 'state'; readonly job: Job }
  /** Only of running jobs; nothing is written down for it. */
  | { readonly kind: 'progress'; readonly job: Job; readonly progress: DrawingProgress }

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
