// Retention: what has been kept for as long as was promised is deleted: record and animation, not the messages, which are the people's.
// What has a star stays.

import type { Clock } from '../../clock.ts'
import type { Job } from '../../jobs/job.ts'
import type { KeptQuota, Scheduler } from '../../jobs/scheduler.ts'
import type { Log } from '../../log.ts'
import type { Blobs } from '../../store/store.ts'
import { messageHandleFrom } from '../delivery/message-handle.ts'
import type { MessageIndex } from '../delivery/message-index.ts'
import type { Favourites } from './favourites.ts'

export interface RetentionParts {
  readonly scheduler: Pick<Scheduler, 'beyond' | 'ended' | 'told' | 'forget' | 'noteOf'>
  readonly favourites: Pick<Favourites, 'anyoneKeeps' | 'forgetJob'>
  /** Which messages show it: known for as long as it is kept. */
  readonly messages: Pick<MessageIndex, 'forget'>
  readonly blobs: Pick<Blobs, 'delete'>
  readonly days: number
  /** Of platforms that strangers reach: what is more than that goes, starred or not. */
  readonly quotas: readonly KeptQuota[]
  /** What else is deleted at the same time. */
  readonly alsoDelete?: ((nowMs: number) => Promise<unknown>) | undefined
}

const dayMs = 24 * 3_600_000
const everyMs = 3_600_000
const pageSize = 200

/** @returns how many requests were deleted */
export async function deleteExpired(parts: RetentionParts, nowMs: number): Promise<number> {
  const { scheduler, favourites, days } = parts
  const beforeMs = nowMs - days * dayMs
  let deleted = 0
  for (let stays = 0; ; ) {
    const { jobs } = scheduler.ended({ beforeMs, from: stays, limit: pageSize })
    if (jobs.length === 0) return deleted
    const kept = await Promise.all(jobs.map(({ id }) => favourites.anyoneKeeps(id)))
    const expired = jobs.filter((_, n) => !kept[n])
    await deleteJobs(parts, expired)
    deleted += expired.length
    stays += jobs.length - expired.length
  }
}

/** @returns how many requests were deleted */
export async function deleteBeyondQuotas(parts: RetentionParts): Promise<number> {
  const beyond = parts.quotas.flatMap((quota) => parts.scheduler.beyond(quota))
  for (const { id } of beyond) await parts.favourites.forgetJob(id)
  await deleteJobs(parts, beyond)
  return beyond.length
}

async function deleteJobs({ scheduler, messages, blobs }: RetentionParts, jobs: readonly Job[]): Promise<void> {
  for (const { id, owner, told } of jobs) {
    const posted = messageHandleFrom(scheduler.noteOf(id))?.posted
    if (posted) await messages.forget(owner.platform, posted.messages)
    // nobody could be told on a platform that is gone for good
    if (!told) await scheduler.told(id)
  }
  for (const blob of await scheduler.forget(jobs.map(({ id }) => id))) await blobs.delete(blob)
}

/** At once and every hour. @returns what ends it */
export function keepDeleting(parts: RetentionParts, clock: Clock, log: Log): () => Promise<void> {
  let callOff: () => void = () => undefined
  let last: Promise<void> = Promise.resolve()
  let stopped = false
  const deleteNow = async (): Promise<void> => {
    try {
      const cleared = (await deleteExpired(parts, clock.nowMs())) + (await deleteBeyondQuotas(parts))
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
