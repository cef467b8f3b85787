// Retention: what has been kept for as long as was promised is deleted: record and animation, not the messages, which are the people's.
// What has a star stays.

import type { Clock } from '../../clock.ts'
import type { Scheduler } from '../../jobs/scheduler.ts'
import type { Log } from '../../log.ts'
import type { Blobs } from '../../store/store.ts'
import type { Favourites } from './favourites.ts'

export interface RetentionParts {
  readonly scheduler: Pick<Scheduler, 'ended' | 'told' | 'forget'>
  readonly favourites: Pick<Favourites, 'anyoneKeeps'>
  readonly blobs: Pick<Blobs, 'delete'>
  readonly days: number
  /** What else is deleted at the same time. */
  readonly alsoDelete?: ((nowMs: number) => Promise<unknown>) | undefined
}

const dayMs = 24 * 3_600_000
const everyMs = 3_600_000
const pageSize = 200

/** @returns how many requests were deleted */
export async function deleteExpired({ scheduler, favourites, blobs, days }: RetentionParts, nowMs: number): Promise<number> {
  const beforeMs = nowMs - days * dayMs
  let deleted = 0
  for (let stays = 0; ; ) {
    const { jobs } = scheduler.ended({ beforeMs, from: stays, limit: pageSize })
    if (jobs.length === 0) return deleted
    const kept = await Promise.all(jobs.map(({ id }) => favourites.anyoneKeeps(id)))
    const expired = jobs.filter((_, n) => !kept[n])
    // nobody could be told on a platform that is gone for good
    for (const { id, told } of expired) if (!told) await scheduler.told(id)
    for (const blob of await scheduler.forget(expired.map(({ id }) => id))) await blobs.delete(blob)
    deleted += expired.length
    stays += jobs.length - expired.length
  }
}

/** At once and every hour. @returns what ends it */
export function keepDeleting(parts: RetentionParts, clock: Clock, log: Log): () => Promise<void> {
  let callOff: () => void = () => undefined
  let last: Promise<void> = Promise.resolve()
  let stopped = false
  const deleteNow = async (): Promise<void> => {
    try {
      const cleared = await deleteExpired(parts, clock.nowMs())
      await parts.alsoDelete?.(clock.nowMs())
      if (cleared > 0) log.info({ cleared, days: parts.days }, 'cleared away')
    } catch (error) {
      log.error({ err: error }, 'old requests could not be cleared away')
    }
    if (!stopped) callOff = clock.after(everyMs, begin)
  }
  const begin = () => {
    last = deleteNow()
  }
  begin()
  return () => {
    stopped = true
    callOff()
    return last
  }
}
