// Personal data: what is kept about one person, all of it handed out, all of it deleted.

import { unwritten } from '../../jobs/end-reasons.ts'
import { hasEnded, type Owner, personOf } from '../../jobs/job.ts'
import type { PersonalData, StoredValue } from '../contract/command-context.ts'
import type { Defaults } from '../contract/defaults.ts'
import { allJobsOf, type JobAccessParts, removeJob } from './job-access.ts'

export interface PersonalDataParts extends JobAccessParts {
  readonly retentionDays: number
  /** Deletes what the platforms keep themselves. */
  readonly forgetOnPlatform: (owner: Owner) => Promise<void>
}

export function createPersonalData(parts: PersonalDataParts, owner: Owner, defaults: StoredValue<Defaults>): PersonalData {
  const { scheduler, favourites, retentionDays, forgetOnPlatform } = parts
  const me = personOf(owner)

  return {
    retentionDays: () => retentionDays,

    async exported() {
      // the address may hold tokens that answer in the person's name: it is no data about them
      const requests = allJobsOf(scheduler, owner).map(({ address: _address, ...job }) => job)
      return JSON.stringify({ person: me, defaults: await defaults.get(), favourites: await favourites.of(me), requests }, undefined, 2)
    },

    async forget() {
      const jobs = allJobsOf(scheduler, owner)
      for (const job of jobs) {
        if (!hasEnded(job)) await scheduler.cancel(job.id)
        const now = scheduler.find(job.id) ?? job
        if (!hasEnded(now)) throw unwritten()
        await removeJob(parts, now)
      }
      await favourites.forgetPerson(me)
      await defaults.set({})
      await forgetOnPlatform(owner)
      return { animations: jobs.length }
    },
  }
}
