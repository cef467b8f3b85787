// Limit levels: whom a limit holds for. One person, one space, or everybody together.

import { type Owner, personOf, spaceOf } from '../job.ts'

export type LimitLevel = 'person' | 'space' | 'all'
export const limitLevels: readonly LimitLevel[] = ['person', 'space', 'all']

/** One word for each person, each space, and everybody. */
export function keyOf(level: LimitLevel, owner: Owner): string {
  return level === 'person' ? `person:${personOf(owner)}` : level === 'space' ? `space:${spaceOf(owner)}` : 'all'
}
