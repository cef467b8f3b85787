// Live jobs (an index in memory): those that have not ended, and what follows from their states: who stands in the queue, who waits
// for the same, how many each person and space has. One function changes them all, so that they never tell different stories.

import type { QueueEntry } from '../fair-queue/fair-queue.ts'
import { hasEnded, type Job, personOf, renderKey, spaceOf } from '../job.ts'
import { type Lane, type LaneName, laneOf } from '../lane.ts'
import type { Counts } from '../limits/job-counts.ts'
import { createDuplicates, type Duplicates } from './duplicates.ts'

export interface LiveJobs extends Pick<Duplicates, 'togetherWith'> {
  get(id: string): Job | undefined
  /** In the order in which they came. */
  all(): Iterable<Job>
  /** As `renderKey` gives it. */
  keyOf(id: string): string | undefined
  /** A new job or a new state of one; ended ones leave. */
  put(job: Job): void
  /** What the queue gave out, and what was not begun, goes back into it. */
  giveBackUnbegun(): void
  countWaiting(): number
  countRunning(): number
  countByPlatform(): ReadonlyMap<string, { readonly waiting: number; readonly running: number }>
}

/** @param lanes their queues and counts are changed with the jobs */
export function createLiveJobs(lanes: Readonly<Record<LaneName, Pick<Lane, 'queue' | 'jobCounts'>>>): LiveJobs {
  const jobs = new Map<string, Job>()
  const countWaiting = (): number => Object.values(lanes).reduce((sum, { queue }) => sum + queue.size, 0)
  const keys = new Map<string, string>()
  const duplicates = createDuplicates()

  function put(job: Job): void {
    const { id, owner } = job
    const before = countedAs(jobs.get(id))
    const now = countedAs(job)
    const { queue, jobCounts } = lanes[laneOf(job.request)]
    if (before !== now) jobCounts.move(owner, before, now)
    if (now === undefined) {
      jobs.delete(id)
      keys.delete(id)
    } else {
      jobs.set(id, job)
      if (!keys.has(id)) keys.set(id, renderKey(job.request))
    }
    if (before === now) return
    if (before === 'waiting') {
      // Not there any more where the queue itself gave it out.
      queue.cancel(id)
      duplicates.remove(id)
    }
    if (now === 'waiting') {
      // What was begun once has had its turn.
      if (job.startedMs === undefined) queue.add(entryOf(job))
      else queue.giveBack(entryOf(job))
      duplicates.add(id, keys.get(id)!)
    }
  }

  function giveBackUnbegun(): void {
    for (const job of jobs.values()) {
      const { queue } = lanes[laneOf(job.request)]
      if (job.state === 'waiting' && !queue.place(job.id)) queue.giveBack(entryOf(job))
    }
  }

  return {
    get: (id) => jobs.get(id),
    all: () => jobs.values(),
    keyOf: (id) => keys.get(id),
    put,
    giveBackUnbegun,
    countWaiting,
    countRunning: () => jobs.size - countWaiting(),
    countByPlatform() {
      const counts = new Map<string, { waiting: number; running: number }>()
      for (const job of jobs.values()) {
        const { platform } = job.owner
        const count = counts.get(platform) ?? { waiting: 0, running: 0 }
        counts.set(platform, count)
        count[job.state === 'running' ? 'running' : 'waiting']++
      }
      return counts
    },
    togetherWith: duplicates.togetherWith,
  }
}

function countedAs(job: Job | undefined): keyof Counts['all'] | undefined {
  return job === undefined || hasEnded(job) ? undefined : (job.state as 'waiting' | 'running')
}

function entryOf({ id, owner, cost, priority }: Job): QueueEntry {
  return { id, space: spaceOf(owner), person: personOf(owner), cost, priority }
}
