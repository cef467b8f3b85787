// Job positions: where each job stands that has not ended, and how long it will take.

import { omitUndefined } from '../../omit-undefined.ts'
import type { ForecastCache } from '../forecast/forecast-cache.ts'
import type { Job, Owner } from '../job.ts'
import { type Lane, type LaneName, laneOf } from '../lane.ts'
import type { ActiveRenders } from '../renders/active-renders.ts'
import type { LiveJobs } from './live-jobs.ts'

export interface JobPosition {
  readonly job: Job
  /** How many run before it; undefined while it runs. */
  readonly ahead?: number
  /** Until it is finished; undefined where nothing has been measured. */
  readonly leftMs?: number
}

export interface JobPositions {
  of(id: string): JobPosition | undefined
  /** Running ones first, then in the order of service. */
  all(where: Partial<Owner>): readonly JobPosition[]
}

export interface JobPositionsParts {
  readonly live: Pick<LiveJobs, 'get' | 'all'>
  readonly lanes: Readonly<Record<LaneName, Pick<Lane, 'queue'>>>
  /** Of drawings. */
  readonly forecasts: Pick<ForecastCache, 'ofWaiting' | 'ofRunning' | 'order'>
  readonly renders: Pick<ActiveRenders, 'of'>
}

export function createJobPositions({ live, lanes, forecasts, renders }: JobPositionsParts): JobPositions {
  function of(id: string): JobPosition | undefined {
    const job = live.get(id)
    if (!job) return undefined
    if (laneOf(job.request) === 'training') return ofTraining(job)
    if (job.state === 'waiting') {
      // In no forecast while its beginning could not be written: it waits to be given back.
      const { ahead, leftMs } = forecasts.ofWaiting(id) ?? {}
      return omitUndefined({ job, ahead, leftMs })
    }
    const render = renders.of(id)
    return omitUndefined({ job, leftMs: render && forecasts.ofRunning(render) })
  }

  /** Nothing has been measured of the next; of one that runs, its steps tell. */
  function ofTraining(job: Job): JobPosition {
    if (job.state === 'waiting') return { job, ahead: countTrainings() + (lanes.training.queue.place(job.id)?.ahead ?? 0) }
    const render = renders.of(job.id)
    return omitUndefined({ job, leftMs: render && forecasts.ofRunning(render) })
  }

  const countTrainings = (): number =>
    [...live.all()].filter(({ state, request }) => state === 'running' && laneOf(request) === 'training').length

  return {
    of,
    all(where) {
      const running = [...live.all()].filter(({ state }) => state === 'running').map(({ id }) => id)
      // Who may never run is in the queue, but in no forecast.
      const served = new Set([
        ...running,
        ...forecasts.order(),
        ...Object.values(lanes).flatMap(({ queue }) => queue.order().map(({ id }) => id)),
      ])
      return [...served].filter((id) => isOf(live.get(id)!.owner, where)).map((id) => of(id)!)
    },
  }
}

function isOf(owner: Owner, where: Partial<Owner>): boolean {
  return (['platform', 'space', 'person'] as const).every((name) => where[name] === undefined || where[name] === owner[name])
}
