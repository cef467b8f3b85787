// A live count: how many requests of one person wait or are being drawn in one space. Counted as they come and go, asked at every request.

import { hasEnded, type Job, type Owner } from '../../jobs/job.ts'
import type { Scheduler } from '../../jobs/scheduler.ts'

export interface LiveCount {
  of(owner: Owner): number
  stop(): void
}

/** @param scheduler that has started */
export function countLive(scheduler: Pick<Scheduler, 'listen' | 'standings'>): LiveCount {
  const live = new Map<string, Set<string>>()
  const keyOf = ({ platform, space, person }: Owner) => JSON.stringify([platform, space, person])
  const count = (job: Job) => {
    // learned in a lane of its own, it keeps nobody from drawing
    if (job.request.training) return
    const key = keyOf(job.owner)
    const ids = live.get(key) ?? new Set()
    if (hasEnded(job)) ids.delete(job.id)
    else ids.add(job.id)
    if (ids.size > 0) live.set(key, ids)
    else live.delete(key)
  }
  const stop = scheduler.listen(({ kind, job }) => {
    if (kind === 'state') count(job)
  })
  for (const { job } of scheduler.standings()) count(job)
  return { of: (owner) => live.get(keyOf(owner))?.size ?? 0, stop }
}
