// Jobs as one person may see and touch them: their own, and those that are shown to everybody where they are.

import { hasEnded, type Job, type Owner, personOf, spaceOf } from '../../jobs/job.ts'
import type { Scheduler } from '../../jobs/scheduler.ts'
import type { Blobs } from '../../store/store.ts'
import type { HistoryEntry, HistoryPage, HistoryQuery, JobAccess } from '../contract/command-context.ts'
import type { Delivery } from '../delivery/delivery.ts'
import { replyTargetOf } from '../delivery/reply-target.ts'
import type { Favourites } from './favourites.ts'

export interface JobAccessParts {
  readonly scheduler: Scheduler
  readonly favourites: Favourites
  readonly delivery: Pick<Delivery, 'withdraw'>
  readonly blobs: Pick<Blobs, 'delete'>
}

export function createJobAccess(parts: JobAccessParts, owner: Owner, admin: boolean): JobAccess {
  const { scheduler, favourites } = parts
  const me = personOf(owner)
  const isOwn = (job: Job) => personOf(job.owner) === me
  const isHere = (job: Job) => spaceOf(job.owner) === spaceOf(owner)

  async function entryOf(job: Job): Promise<HistoryEntry> {
    return { job, own: isOwn(job), kept: await favourites.has(me, job.id), private: replyTargetOf(job).private }
  }

  /** Undefined where there is none, or it is another person's affair. */
  function visible(id: string): Job | undefined {
    const job = scheduler.find(id)
    if (!job) return undefined
    return isOwn(job) || (isHere(job) && !replyTargetOf(job).private) ? job : undefined
  }

  /** By an admin, who may end what is private without seeing it. */
  function touchable(id: string): Job | undefined {
    const job = scheduler.find(id)
    return job && (isOwn(job) || isHere(job)) ? job : undefined
  }

  async function own({ limit, from, kept, search }: HistoryQuery): Promise<HistoryPage> {
    if (!kept && search === undefined) {
      const { jobs, total } = scheduler.jobsOf(owner, { from, limit })
      return { entries: await Promise.all(jobs.map(entryOf)), total }
    }
    const wanted = search?.toLowerCase().split(/\s+/) ?? []
    const where = ({ request }: Job) => wanted.every((word) => request.prompt.toLowerCase().includes(word))
    if (!kept) {
      const { jobs, total } = scheduler.jobsOf(owner, { from, limit, where })
      return { entries: await Promise.all(jobs.map(entryOf)), total }
    }
    const found = (await favourites.of(me)).flatMap((id) => visible(id) ?? []).filter(where)
    return { entries: await Promise.all(found.slice(from, from + limit).map(entryOf)), total: found.length }
  }

  async function cancel(id: string): Promise<'cancelled' | 'removed' | 'not-yours' | 'unknown'> {
    const job = admin ? touchable(id) : visible(id)
    if (!job) return 'unknown'
    if (!isOwn(job) && !admin) return 'not-yours'
    if (!hasEnded(job)) {
      const reason = isOwn(job)
        ? { code: 'cancelled', message: 'Cancelled by who asked for it.' }
        : { code: 'cancelled-by-admin', message: 'Cancelled by an admin.' }
      if (await scheduler.cancel(id, { state: 'cancelled', reason })) return 'cancelled'
    }
    await removeJob(parts, scheduler.find(id) ?? job)
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
      return all.filter(({ job }) => visible(job.id)).map((standing) => ({ ...standing, own: isOwn(standing.job) }))
    },
    load: async () => scheduler.load(),
    cancel,
    async keep(id, keep) {
      if (!visible(id)) return false
      await (keep ? favourites.keep(me, id) : favourites.drop(me, id))
      return keep
    },
  }
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
