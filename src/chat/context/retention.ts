// What has been kept for as long as was promised is cleared away: record and animation, not the messages, which are the
// people's. What has a star stays.

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
  /** What else is cleared at the same time. */
  readonly alsoClear?: ((nowMs: number) => Promise<unknown>) | undefined
}

const dayMs = 24 * 3_600_000
const everyMs = 3_600_000
const pageSize = 200

/** @returns how many requests were cleared away */
export async function deleteExpired({ scheduler, favourites, blobs, days }: RetentionParts, nowMs: number): Promise<number> {
  const beforeMs = nowMs - days * dayMs
  let cleared = 0
  for (let stays = 0; ; ) {
    const { jobs } = scheduler.ended({ beforeMs, from: stays, limit: pageSize })
    if (jobs.length === 0) return cleared
    const kept = await Promise.all(jobs.map(({ id }) => favourites.anyoneKeeps(id)))
    const gone = jobs.filter((_, n) => !kept[n])
    // nobody could be told on a platform that is gone for good
    for (const { id, told } of gone) if (!told) await scheduler.told(id)
    for (const blob of await scheduler.forget(gone.map(({ id }) => id))) await blobs.delete(blob)
    cleared += gone.length
    stays += jobs.length - gone.length
  }
}

/** At once and every hour. @returns what ends it */
export function keepDeleting(parts: RetentionParts, clock: Clock, log: Log): () => Promise<void> {
  let callOff: () => void = () => undefined
  let last: Promise<void> = Promise.resolve()
  let stopped = false
  const clear = async (): Promise<void> => {
    try {
      const cleared = await deleteExpired(parts, clock.nowMs())
      await parts.alsoClear?.(clock.nowMs())
      if (cleared > 0) log.info({ cleared, days: parts.days }, 'cleared away')
    } catch (error) {
      log.error({ err: error }, 'old requests could not be cleared away')
    }
    if (!stopped) callOff = clock.after(everyMs, begin)
  }
  const begin = () => {
    last = clear()
  }
  begin()
  return () => {
    stopped = true
    callOff()
    return last
  }
}
