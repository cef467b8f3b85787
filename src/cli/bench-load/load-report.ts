// The report of a load benchmark, and the counters that it is made from.

import { type Job, type Owner, spaceOf } from '../../jobs/job.ts'

export interface LoadReport {
  /** One for each request, rising. */
  readonly acceptMs: readonly number[]
  readonly ended: ReadonlyMap<Job['state'], number>
  /** Jobs with more than one end; none, if all is well. */
  readonly endedTwice: number
  /** When the first user had nothing more to ask. */
  readonly served: ServedShares
  /** How often positions and times were asked for. */
  readonly looks: number
  readonly most: { readonly waiting: number; readonly running: number }
  readonly wallMs: number
  /** Simulated users and GPUs included. All threads are those that wait for the disk and collect garbage, too. */
  readonly cpuMs: { readonly thisThread: number; readonly allThreads: number }
}

/** Cost served to each user, and on average to the users of each space. */
export interface ServedShares {
  readonly users: readonly number[]
  readonly spaces: readonly number[]
}

export interface EndCounts {
  /** @returns how many jobs have ended */
  count(job: Job): number
  jobs(): number
  served(): ServedShares
  readonly byState: ReadonlyMap<Job['state'], number>
  twice(): number
}

export function createEndCounts(owners: readonly Owner[]): EndCounts {
  const costs = new Map<string, number>(owners.map(({ person }) => [person, 0]))
  const ends = new Map<string, number>()
  const byState = new Map<Job['state'], number>()
  const spaces = [...Map.groupBy(owners, spaceOf).values()]
  const costOf = ({ person }: Owner): number => costs.get(person)!
  return {
    byState,
    count(job) {
      costs.set(job.owner.person, costOf(job.owner) + job.cost)
      ends.set(job.id, (ends.get(job.id) ?? 0) + 1)
      byState.set(job.state, (byState.get(job.state) ?? 0) + 1)
      return ends.size
    },
    jobs: () => ends.size,
    served: () => ({
      users: [...costs.values()],
      spaces: spaces.map((users) => users.reduce((sum, owner) => sum + costOf(owner), 0) / users.length),
    }),
    twice: () => [...ends.values()].filter((times) => times > 1).length,
  }
}
