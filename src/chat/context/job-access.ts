// Job access: the jobs that one person may see and touch, as visibility.ts decides.

import { unwritten } from '../../jobs/end-reasons.ts'
import { hasEnded, type Job, type Owner, personOf } from '../../jobs/job.ts'
import { cellBlobOf } from '../../jobs/result-details.ts'
import type { Scheduler } from '../../jobs/scheduler.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import type { Blobs } from '../../store/store.ts'
import type { HistoryEntry, HistoryPage, HistoryQuery, JobAccess } from '../contract/command-context.ts'
import type { Circumstances } from '../contract/incoming.ts'
import type { Delivery } from '../delivery/delivery.ts'
import { replyTargetOf } from '../delivery/reply-target.ts'
import type { Favourites } from './favourites.ts'
import { type Visibility, visibilityFor } from './visibility.ts'

export interface JobAccessParts {
  readonly scheduler: Scheduler
  readonly favourites: Favourites
  readonly delivery: Pick<Delivery, 'withdraw'>
  readonly blobs: Pick<Blobs, 'delete'>
}

export function createJobAccess(parts: JobAccessParts, caller: Pick<Circumstances, 'asker' | 'owner'>): JobAccess {
  const { scheduler, favourites } = parts
  const { owner } = caller
  const me = personOf(owner)
  const visibility = visibilityFor(caller)
  const entryOf = (job: Job) => historyEntry(job, owner, visibility, favourites)
  const entriesOf = (jobs: readonly Job[]) => Promise.all(jobs.map(entryOf))

  /** Undefined where there is none, or it is another person's affair. */
  function visible(id: string): Job | undefined {
    const job = scheduler.find(id)
    return job && visibility.maySee(job) ? job : undefined
  }

  async function own({ limit, from, kept, search }: HistoryQuery): Promise<HistoryPage> {
    if (!kept && search === undefined) {
      const { jobs, total } = scheduler.jobsOf(owner, { from, limit })
      return { entries: await entriesOf(jobs), total }
    }
    const wanted = search?.toLowerCase().split(/\s+/) ?? []
    const isWanted = (prompt: string) => wanted.every((word) => prompt.toLowerCase().includes(word))
    if (!kept) {
      const { jobs, total } = scheduler.jobsOf(owner, { from, limit, prompt: isWanted })
      return { entries: await entriesOf(jobs), total }
    }
    const found = (await favourites.of(me)).flatMap((id) => visible(id) ?? []).filter(({ request }) => isWanted(request.prompt))
    return { entries: await entriesOf(found.slice(from, from + limit)), total: found.length }
  }

  async function cancel(id: string, remove: boolean): ReturnType<JobAccess['cancel']> {
    const job = scheduler.find(id)
    if (!job || !(visibility.maySee(job) || visibility.mayEnd(job))) return 'unknown'
    if (!visibility.mayEnd(job)) return 'not-yours'
    if (!hasEnded(job)) {
      const reason = visibility.isOwn(job)
        ? { code: 'cancelled', message: 'Cancelled by who asked for it.' }
        : { code: 'cancelled-by-admin', message: 'Cancelled by an admin.' }
      if (await scheduler.cancel(id, { state: 'cancelled', reason })) return 'cancelled'
    }
    if (!remove && hasEnded(job)) return 'ended'
    const now = scheduler.find(id) ?? job
    // Only what cannot be written down just now is still under way.
    if (!hasEnded(now)) throw unwritten()
    await removeJob(parts, now)
    return 'removed'
  }

  return {
    find: async (id) => {
      const job = visible(id)
      return job && entryOf(job)
    },
    own,
    standings: async () => {
      const all = scheduler.standings({ platform: owner.platform, space: owner.space })
      return all.filter(({ job }) => visibility.maySee(job)).map((position) => ({ ...position, own: visibility.isOwn(position.job) }))
    },
    load: async () => scheduler.load(),
    cancel,
    async keep(id, keep) {
      const job = scheduler.find(id)
      if (!job || !visibility.mayKeep(job)) return false
      await (keep ? favourites.keep(me, id) : favourites.drop(me, id))
      return keep
    },
  }
}

/** A job as one person gets to read of it. */
export async function historyEntry(
  job: Job,
  reader: Owner,
  { isOwn }: Pick<Visibility, 'isOwn'>,
  favourites: Pick<Favourites, 'has'>,
): Promise<HistoryEntry> {
  const { blob, details } = job.result ?? {}
  const cells = blob === undefined ? undefined : details?.cells?.map((cell, n) => ({ blob: cellBlobOf(blob, n), details: cell }))
  const kept = await favourites.has(personOf(reader), job.id)
  return { job, own: isOwn(job), kept, private: replyTargetOf(job).private, ...omitUndefined({ cells }) }
}

/** Message, animation, star and record of an ended job. */
export async function removeJob({ scheduler, favourites, delivery, blobs }: JobAccessParts, job: Job): Promise<void> {
  await delivery.withdraw(job)
  await favourites.forgetJob(job.id)
  for (const blob of await scheduler.forget([job.id])) await blobs.delete(blob)
}

/** All of one person, newest first. */
export function allJobsOf(scheduler: Pick<Scheduler, 'jobsOf'>, owner: Owner): readonly Job[] {
  return scheduler.jobsOf(owner, { from: 0, limit: Number.POSITIVE_INFINITY }).jobs
}
