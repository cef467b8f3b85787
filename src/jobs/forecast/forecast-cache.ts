// A forecast cache: place and time left of every job that has not ended, from one forecast for all who ask. It is made anew when
// something has changed, and now and then because renders are late; where many wait, a moment later, and who comes in between is
// shown the time of whose place he takes.

import type { FairQueue } from '../fair-queue/fair-queue.ts'
import type { Job } from '../job.ts'
import { laneOf } from '../lane.ts'
import { type ActiveRender, doneShare, leftMs } from '../renders/active-render.ts'
import type { Estimate } from './estimate.ts'
import { type Forecast, type ForecastInput, forecast } from './forecast.ts'

export interface ForecastCache {
  /** Something was accepted, begun or ended, or the capacity is another. */
  changed(): void
  /** How many renders begin before it, and how long until it is finished; undefined for what does not wait. */
  ofWaiting(id: string): { readonly ahead: number; readonly beginMs?: number; readonly leftMs?: number } | undefined
  ofRunning(render: ActiveRender): number | undefined
  /** Ids of waiting jobs in the order in which they begin. */
  order(): readonly string[]
}

export interface ForecastCacheParts extends Pick<ForecastInput, 'limits' | 'togetherWith'> {
  /** Slots just now. */
  readonly capacity: () => number
  readonly nowMs: () => number
  readonly queue: Pick<FairQueue, 'save' | 'place'>
  readonly get: (id: string) => Job | undefined
  readonly renders: () => Iterable<ActiveRender>
  readonly estimate: Estimate
}

interface CachedForecast {
  readonly atMs: number
  /** Whether times are times: something has been measured, and there are slots to begin in. */
  readonly timed: boolean
  readonly jobs: ReadonlyMap<string, Forecast>
  /** As they begin. */
  readonly order: readonly Forecast[]
}

/** A forecast takes about ten microseconds for each waiting job, which should not be most of what this process does. */
const momentMs = (waiting: number): number => (waiting <= 100 ? 0 : waiting / 2)
const oldMs = 1000

export function createForecastCache({
  capacity,
  limits,
  togetherWith,
  nowMs,
  queue,
  get,
  renders,
  estimate,
}: ForecastCacheParts): ForecastCache {
  let cached: CachedForecast | undefined
  let changed = false

  function current(): CachedForecast {
    if (cached && nowMs() - cached.atMs < (changed ? momentMs(cached.jobs.size) : oldMs)) return cached
    changed = false
    const slots = capacity()
    let timed = slots > 0
    // Where nothing has been measured a unit of cost stands for a millisecond: the order is the same, times are not shown.
    const msFor = (job: Job) => {
      const ms = estimate.msFor(job)
      if (ms === undefined) timed = false
      return ms ?? job.cost
    }
    const drawings = [...renders()].filter(({ lead }) => laneOf(lead.request) === 'drawing')
    const running = drawings.map((render) => ({
      owners: [...render.ids].map((id) => get(id)!.owner),
      leftMs: estimate.msFor(render.lead) === undefined ? render.lead.cost * (1 - doneShare(render)) : (ofRunning(render) ?? 0),
    }))
    const jobs = forecast({ queue: queue.save(), slots, limits, togetherWith, running, msFor, jobOf: (id) => get(id)! })
    cached = { atMs: nowMs(), timed, jobs, order: [...jobs.values()] }
    return cached
  }

  function guess(job: Job, { order }: CachedForecast): Forecast | undefined {
    const place = queue.place(job.id)
    if (!place) return undefined
    const beginMs = order[place.ahead]?.beginMs ?? order.at(-1)?.endMs ?? 0
    return { ahead: place.ahead, beginMs, endMs: beginMs + (estimate.msFor(job) ?? 0) }
  }

  function ofRunning(render: ActiveRender): number | undefined {
    const isDrawing = laneOf(render.lead.request) === 'drawing'
    return leftMs(render, isDrawing ? estimate.msFor(render.lead) : undefined, nowMs())
  }

  return {
    changed() {
      changed = true
    },
    ofWaiting(id) {
      const now = current()
      const job = get(id)
      const found = now.jobs.get(id) ?? (job && guess(job, now))
      if (!job || !found) return undefined
      const { ahead, beginMs, endMs } = found
      if (!now.timed || estimate.msFor(job) === undefined) return { ahead }
      const sinceMs = nowMs() - now.atMs
      return { ahead, beginMs: Math.max(0, beginMs - sinceMs), leftMs: Math.max(0, endMs - sinceMs) }
    },
    ofRunning,
    order: () => [...current().jobs.keys()].filter((id) => get(id)?.state === 'waiting'),
  }
}
