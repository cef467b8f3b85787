// Job positions: where each job stands that has not ended, and how long it will take.

import { omitUndefined } from '../omit-undefined.ts'
import type { ActiveRenders } from './active-renders.ts'
import type { FairQueue } from './fair-queue/fair-queue.ts'
import type { ForecastCache } from './forecast/forecast-cache.ts'
import type { Job, Owner } from './job.ts'
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
  readonly queue: Pick<FairQueue, 'order'>
  readonly forecasts: Pick<ForecastCache, 'ofWaiting' | 'ofRunning' | 'order'>
  readonly renders: Pick<ActiveRenders, 'of'>
}

export function createJobPositions({ live, queue, forecasts, renders }: JobPositionsParts): JobPositions {
  function of(id: string): JobPosition | undefined {
    const job = live.get(id)
    if (!job) return undefined
    if (job.state === 'waiting') {
      const { ahead, leftMs } = forecasts.ofWaiting(id)!
      return omitUndefined({ job, ahead, leftMs })
    }
    const render = renders.of(id)
    return omitUndefined({ job, leftMs: render && forecasts.ofRunning(render) })
  }

  return {
    of,
    all(where) {
      const running = [...live.all()].filter(({ state }) => state === 'running').map(({ id }) => id)
      // Who may never run is in the queue, but in no forecast.
      const served = new Set([...running, ...forecasts.order(), ...queue.order().map(({ id }) => id)])
      return [...served].filter((id) => isOf(live.get(id)!.owner, where)).map((id) => of(id)!)
    },
  }
}

function isOf(owner: Owner, where: Partial<Owner>): boolean {
  return (['platform', 'space', 'person'] as const).every((name) => where[name] === undefined || where[name] === owner[name])
}
