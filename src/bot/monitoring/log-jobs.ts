// The log of jobs: how each ended, and how long it waited and was drawn.

import { hasEnded } from '../../jobs/job.ts'
import type { Scheduler } from '../../jobs/scheduler.ts'
import type { Log } from '../../log.ts'
import { omitUndefined } from '../../omit-undefined.ts'

/** @returns what ends it */
export function logJobs(scheduler: Pick<Scheduler, 'listen'>, log: Pick<Log, 'info'>): () => void {
  return scheduler.listen(({ kind, job }) => {
    if (kind !== 'state' || !hasEnded(job) || job.endedMs === undefined) return
    const { id, state, reason, acceptedMs, startedMs, endedMs } = job
    const waitedMs = (startedMs ?? endedMs) - acceptedMs
    const drawnMs = startedMs === undefined ? undefined : endedMs - startedMs
    log.info(omitUndefined({ job: id, state, code: reason?.code, waitedMs, drawnMs, durationMs: endedMs - acceptedMs }), 'ended')
  })
}
