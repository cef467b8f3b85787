// Crash recovery: at a start, what the journal holds is taken up again.

import { gaveUp } from '../end-reasons.ts'
import type { FairQueue } from '../fair-queue/fair-queue.ts'
import { end, interrupt, type Job } from '../job.ts'
import type { Journal } from '../journal/journal.ts'
import type { JobChanges } from './job-changes.ts'
import type { LiveJobs } from './live-jobs.ts'

export interface RecoveryParts {
  readonly journal: Pick<Journal, 'live' | 'deficits'>
  readonly queue: Pick<FairQueue, 'recall'>
  readonly live: Pick<LiveJobs, 'put'>
  readonly changes: Pick<JobChanges, 'change'>
  /** How often it is begun before it is given up. */
  readonly maxAttempts: (job: Job) => number
  readonly nowMs: number
}

/** @returns false where the journal could not be written */
export function recoverJobs({ journal, queue, live, changes, maxAttempts, nowMs }: RecoveryParts): boolean {
  const { running = [], waiting = [] } = Object.groupBy(journal.live(), ({ state }) => state)
  for (const job of running) live.put(job)
  const recovered = running.map((job) => (job.attempts < maxAttempts(job) ? interrupt(job) : end(job, gaveUp(job), nowMs)))
  if (!changes.change(recovered)) return false
  // Not before: what is recalled and does not wait is told of as gone with the next change.
  queue.recall(journal.deficits())
  for (const job of waiting) live.put(job)
  return true
}
