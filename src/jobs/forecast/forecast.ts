// A forecast (discrete-event simulation): what will happen if nothing more comes. The queue is played to its end on a copy, with the
// slots, limits and joined duplicates that the scheduler goes by and the time that each render is expected to take. So the place and
// the time that are shown are those of the simulation, not of a formula beside it.

import { type QueueEntry, restoreFairQueue, type SavedFairQueue } from '../fair-queue/fair-queue.ts'
import type { Job, Owner } from '../job.ts'
import { createJobCounts } from '../limits/job-counts.ts'
import { type Limits, mayRun } from '../limits/limits.ts'

export interface ForecastInput {
  readonly queue: SavedFairQueue
  /** Fewer than are occupied where the capacity has shrunk; with none, nothing is foretold to begin. */
  readonly slots: number
  readonly limits: Limits
  readonly jobOf: (id: string) => Job
  /** Waiting jobs with this one among them that will be rendered together with it. */
  readonly togetherWith: (id: string) => Iterable<string>
  /** What occupies a slot now: for whom, and for how much longer. */
  readonly running: readonly { readonly owners: readonly Owner[]; readonly leftMs: number }[]
  readonly msFor: (job: Job) => number
}

export interface Forecast {
  /** Renders that begin before it. */
  readonly ahead: number
  readonly beginMs: number
  readonly endMs: number
}

/** A render of the simulation. */
interface Simulated {
  readonly owners: readonly Owner[]
  readonly endMs: number
}

/** In the order in which they begin, from now. Who may never run is not in it. */
export function forecast({
  queue: saved,
  slots,
  limits,
  jobOf,
  togetherWith,
  running,
  msFor,
}: ForecastInput): ReadonlyMap<string, Forecast> {
  const queue = restoreFairQueue(saved)
  const jobCounts = createJobCounts()
  const active: Simulated[] = []
  const found = new Map<string, Forecast>()
  const blocked = (entry: QueueEntry) => !mayRun(limits, jobCounts.at(entry))
  let nowMs = 0
  let ahead = 0

  function beginRender(owners: readonly Owner[], endMs: number): void {
    for (const owner of owners) jobCounts.move(owner, undefined, 'running')
    const index = active.findIndex((other) => other.endMs > endMs)
    active.splice(index < 0 ? active.length : index, 0, { owners, endMs })
  }

  for (const { owners, leftMs } of running) beginRender(owners, leftMs)
  for (;;) {
    while (active.length < slots) {
      const entry = queue.next(blocked)
      if (!entry) break
      const ids = [...togetherWith(entry.id)].filter((id) => !found.has(id))
      const endMs = nowMs + msFor(jobOf(entry.id))
      for (const id of ids) {
        if (id !== entry.id) queue.cancel(id)
        found.set(id, { ahead, beginMs: nowMs, endMs })
      }
      beginRender(
        ids.map((id) => jobOf(id).owner),
        endMs,
      )
      ahead++
    }
    const first = active.shift()
    if (!first) return found
    nowMs = first.endMs
    for (const owner of first.owners) jobCounts.move(owner, 'running', undefined)
  }
}
