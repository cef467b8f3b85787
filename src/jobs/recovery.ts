// Crash recovery: at a start, what the journal holds is taken up again.

import { gaveUp } from './end-reasons.ts'
import type { FairQueue } from './fair-queue/fair-queue.ts'
import { end, interrupt } from './job.ts'
import type { JobChanges } from './job-changes.ts'
import type { Journal } from './journal.ts'
import type { LiveJobs } from './live-jobs.ts'

export interface RecoveryParts {
  readonly journal: Pick<Journal, 'live' | 'deficits'>
  readonly queue: Pick<FairQueue, 'recall'>
  readonly live: Pick<LiveJobs, 'put'>
  readonly changes: Pick<JobChanges, 'change'>
  /** How often a job is begun before it is given up. */
  readonly maxAttempts: number
  readonly nowMs: number
}

/** @returns false where the journal could not be written */
export function recoverJobs({ journal, queue, live, changes, maxAttempts, nowMs }: RecoveryParts): boolean {
  queue.recall(journal.deficits())
  const { running = [], waiting = [] } = Object.groupBy(journal.live(), ({ state }) => state)
  for (const job of running) live.put(job)
  const recovered = running.map((job) => (job.attempts < maxAttempts ? interrupt(job) : end(job, gaveUp(job), nowMs)))
  if (!changes.change(recovered)) return false
  for (const job of waiting) live.put(job)
  return true
}
