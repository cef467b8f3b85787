// Who has how many jobs waiting and running: per person, per space and in all.

import { type Owner, personOf, spaceOf } from './job.ts'
import { type Level, levels } from './limits.ts'

export interface Count {
  readonly waiting: number
  readonly running: number
}

export type Counts = { readonly [level in Level]: Count }

export interface Tally {
  of(owner: Owner): Counts
  /** Moves one job of the owner; absent: it comes from outside, or leaves. Throws where there is none to move. */
  move(owner: Owner, from: keyof Count | undefined, to: keyof Count | undefined): void
}

export function createTally(): Tally {
  const counts = new Map<string, { waiting: number; running: number }>()

  function of(owner: Owner): Counts {
    const none = { waiting: 0, running: 0 }
    const [person, space, all] = levels.map((level) => counts.get(keyOf(level, owner)) ?? none) as [Count, Count, Count]
    return { person, space, all }
  }

  function move(owner: Owner, from: keyof Count | undefined, to: keyof Count | undefined): void {
    for (const level of levels) {
      const key = keyOf(level, owner)
      const count = counts.get(key) ?? { waiting: 0, running: 0 }
      if (from && count[from]-- === 0) throw new Error(`${key} has no job ${from}`)
      if (to) count[to]++
      if (count.waiting + count.running === 0) counts.delete(key)
      else counts.set(key, count)
    }
  }

  return { of, move }
}

/** One word for each person, each space, and everybody. */
export function keyOf(level: Level, owner: Owner): string {
  return level === 'person' ? `person:${personOf(owner)}` : level === 'space' ? `space:${spaceOf(owner)}` : 'all'
}
