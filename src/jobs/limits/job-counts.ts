// Job counts: who has how many jobs waiting and running, per person, per space and in all.

import { type Owner, personOf, spaceOf } from '../job.ts'
import { keyOf, type LimitLevel, limitLevels } from './limit-level.ts'

export interface Count {
  readonly waiting: number
  readonly running: number
}

export type Counts = { readonly [level in LimitLevel]: Count }

/** An owner as the queue knows one: `personOf` and `spaceOf`, which are not put together again for each look. */
export interface OwnerKeys {
  readonly person: string
  readonly space: string
}

export interface JobCounts {
  of(owner: Owner): Counts
  at(keys: OwnerKeys): Counts
  /** Moves one job of the owner; absent: it comes from outside, or leaves. Throws where there is none to move. */
  move(owner: Owner, from: keyof Count | undefined, to: keyof Count | undefined): void
}

const none: Count = { waiting: 0, running: 0 }

export function createJobCounts(): JobCounts {
  const counts = { person: new Map<string, Count>(), space: new Map<string, Count>(), all: new Map<string, Count>() }

  function at({ person, space }: OwnerKeys): Counts {
    return { person: counts.person.get(person) ?? none, space: counts.space.get(space) ?? none, all: counts.all.get('') ?? none }
  }

  function move(owner: Owner, from: keyof Count | undefined, to: keyof Count | undefined): void {
    const keys = { person: personOf(owner), space: spaceOf(owner), all: '' }
    for (const level of limitLevels) {
      const key = keys[level]
      const count = { ...(counts[level].get(key) ?? none) }
      if (from && count[from]-- === 0) throw new Error(`${keyOf(level, owner)} has no job ${from}`)
      if (to) count[to]++
      if (count.waiting + count.running === 0) counts[level].delete(key)
      else counts[level].set(key, count)
    }
  }

  return { of: (owner) => at({ person: personOf(owner), space: spaceOf(owner) }), at, move }
}
