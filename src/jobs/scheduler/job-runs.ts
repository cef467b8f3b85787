// Job runs: from a slot to the end. Begins the jobs that one render serves, and ends them with its outcome.

import type { Clock } from '../../clock.ts'
import type { Estimate } from '../forecast/estimate.ts'
import type { ForecastCache } from '../forecast/forecast-cache.ts'
import { begin, end } from '../job.ts'
import { laneOf } from '../lane.ts'
import type { ActiveRender } from '../renders/active-render.ts'
import type { ActiveRenders, RenderOutcome } from '../renders/active-renders.ts'
import type { JobChanges } from './job-changes.ts'
import type { LiveJobs } from './live-jobs.ts'

export interface JobRuns {
  /** @param id of a job that the queue has given out; others that wait for the same are rendered with it */
  begin(id: string): void
}

export interface JobRunsParts {
  readonly live: Pick<LiveJobs, 'get' | 'keyOf' | 'togetherWith'>
  readonly renders: Pick<ActiveRenders, 'add' | 'drop' | 'run'>
  readonly changes: Pick<JobChanges, 'change'>
  readonly forecasts: Pick<ForecastCache, 'changed'>
  readonly estimate: Pick<Estimate, 'learn' | 'save'>
  readonly clock: Pick<Clock, 'nowMs' | 'steadyMs'>
  /** A slot is free again. */
  readonly onSlotFree: () => void
}

export function createJobRuns({ live, renders, changes, forecasts, estimate, clock, onSlotFree }: JobRunsParts): JobRuns {
  function conclude({ lead, ids }: ActiveRender, { outcome, measured }: RenderOutcome): void {
    forecasts.changed()
    // Nobody has waited for it to the end where all were cancelled, handed back or could not be written.
    if (ids.size > 0) {
      if (measured && laneOf(lead.request) === 'drawing') estimate.learn(lead, measured)
      const endedMs = clock.nowMs()
      const ended = [...ids].map((id) => end(live.get(id)!, outcome, endedMs))
      changes.change(ended, { name: 'estimate', value: estimate.save() })
    }
    onSlotFree()
  }

  return {
    begin(id) {
      const startedMs = clock.nowMs()
      const jobs = [...live.togetherWith(id)].map((other) => {
        const job = live.get(other)!
        return begin(job, job.attempts + 1, startedMs)
      })
      const lead = jobs.find((job) => job.id === id)!
      const ids = jobs.map((job) => job.id)
      // Before it is told, so that who cancels it on hearing of it aborts it.
      const render = renders.add(lead, live.keyOf(id)!, ids, clock.steadyMs())
      if (changes.change(jobs)) renders.run(render, (ending) => conclude(render, ending))
      else renders.drop(render)
    },
  }
}
