// Place and time left of every job that has not ended, from one forecast for all who ask. It is played anew a moment after
// something has changed, at once for who is not in it yet, and now and then because drawings are late.

import { type Drawing, doneShare, leftMs } from './drawing.ts'
import type { Estimate } from './estimate.ts'
import { type Forecast, forecast, type Scene } from './forecast.ts'
import type { Job } from './job.ts'

export interface Outlook {
  /** Something was accepted, begun or ended. */
  changed(): void
  /** How many drawings begin before it, and how long until it is finished; undefined for what does not wait. */
  ofWaiting(id: string): { readonly ahead: number; readonly beginMs?: number; readonly leftMs?: number } | undefined
  ofRunning(drawing: Drawing): number | undefined
  /** Ids of waiting jobs in the order in which they begin. */
  order(): readonly string[]
}

export interface OutlookParts extends Pick<Scene, 'slots' | 'limits' | 'togetherWith'> {
  readonly nowMs: () => number
  readonly queue: () => Scene['queue']
  readonly get: (id: string) => Job | undefined
  readonly drawings: () => Iterable<Drawing>
  readonly estimate: Estimate
}

interface Played {
  readonly atMs: number
  /** Whether times are times. */
  readonly measured: boolean
  readonly jobs: ReadonlyMap<string, Forecast>
}

/** Playing takes some microseconds for each waiting job, so it is not done anew for all of them whenever one of them ends. */
const momentMs = (waiting: number): number => Math.max(100, waiting / 2)
const oldMs = 1000

export function createOutlook({ slots, limits, togetherWith, nowMs, queue, get, drawings, estimate }: OutlookParts): Outlook {
  let played: Played | undefined
  let changed = false

  function current(): Played {
    if (played && nowMs() - played.atMs < (changed ? momentMs(played.jobs.size) : oldMs)) return played
    changed = false
    let measured = true
    // Where nothing has been measured a unit of cost stands for a millisecond: the order is the same, times are not shown.
    const msFor = (job: Job) => {
      const ms = estimate.msFor(job)
      if (ms === undefined) measured = false
      return ms ?? job.cost
    }
    const running = [...drawings()].map((drawing) => ({
      owners: [...drawing.ids].map((id) => get(id)!.owner),
      leftMs: estimate.msFor(drawing.lead) === undefined ? drawing.lead.cost * (1 - doneShare(drawing)) : (ofRunning(drawing) ?? 0),
    }))
    const jobs = forecast({ queue: queue(), slots, limits, togetherWith, running, msFor, jobOf: (id) => get(id)! })
    played = { atMs: nowMs(), measured, jobs }
    return played
  }

  function ofRunning(drawing: Drawing): number | undefined {
    return leftMs(drawing, estimate.msFor(drawing.lead), nowMs())
  }

  return {
    changed() {
      changed = true
    },
    ofWaiting(id) {
      if (changed && !played?.jobs.has(id)) played = undefined
      const { jobs, measured, atMs } = current()
      const found = jobs.get(id)
      if (!found) return undefined
      const { ahead, beginMs, endMs } = found
      const sinceMs = nowMs() - atMs
      return measured ? { ahead, beginMs: Math.max(0, beginMs - sinceMs), leftMs: Math.max(0, endMs - sinceMs) } : { ahead }
    },
    ofRunning,
    order: () => [...current().jobs.keys()].filter((id) => get(id)?.state === 'waiting'),
  }
}
