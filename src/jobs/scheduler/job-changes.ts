// Job changes, write-ahead: each is written to the journal, then made in memory, then told to whoever listens. A job changes in no
// other way.

import { unwritten } from '../end-reasons.ts'
import type { DeficitChange } from '../fair-queue/deficit-record.ts'
import type { FairQueue } from '../fair-queue/fair-queue.ts'
import type { ForecastCache } from '../forecast/forecast-cache.ts'
import type { Job } from '../job.ts'
import type { Journal, JournalValue } from '../journal/journal.ts'
import type { JobProgress } from '../renderer.ts'
import type { EventEmitter } from './event-emitter.ts'
import type { LiveJobs } from './live-jobs.ts'

export type JobEvent =
  /** Accepted, begun, handed back or ended. */
  | { readonly kind: 'state'; readonly job: Job }
  /** Only of running jobs; nothing is written down for it. */
  | { readonly kind: 'progress'; readonly job: Job; readonly progress: JobProgress }

export interface JobChanges {
  /** A new job. @throws UserError journal-failed; then nothing has changed, and `onRefused` has been called */
  add(job: Job): void
  /** All of them, and what is kept with them, or none; none where false is returned, and `onUnwritable` has been called. */
  change(jobs: readonly Job[], kept?: JournalValue): boolean
}

export interface JobChangesParts {
  readonly journal: Pick<Journal, 'add' | 'change'>
  readonly queue: Pick<FairQueue, 'takeChanges'>
  readonly live: Pick<LiveJobs, 'put'>
  readonly forecasts: Pick<ForecastCache, 'changed'>
  readonly events: Pick<EventEmitter<JobEvent>, 'emit'>
  /** A new job cannot be written. */
  readonly onRefused: (error: unknown, job: Job) => void
  /** A change cannot be written: what the journal cannot record must not go on. */
  readonly onUnwritable: (error: unknown) => void
}

export function createJobChanges({ journal, queue, live, forecasts, events, onRefused, onUnwritable }: JobChangesParts): JobChanges {
  /** Of the queue, that are not written yet. */
  const deficits: DeficitChange[] = []

  function apply(jobs: readonly Job[]): void {
    for (const job of jobs) live.put(job)
    forecasts.changed()
    for (const job of jobs) events.emit({ kind: 'state', job })
  }

  return {
    add(job) {
      try {
        journal.add(job)
      } catch (error) {
        onRefused(error, job)
        throw unwritten(error)
      }
      apply([job])
    },
    change(jobs, kept) {
      if (jobs.length === 0 && !kept) return true
      deficits.push(...queue.takeChanges())
      try {
        journal.change(jobs, kept, deficits)
        deficits.length = 0
      } catch (error) {
        onUnwritable(error)
        return false
      }
      apply(jobs)
      return true
    },
  }
}
