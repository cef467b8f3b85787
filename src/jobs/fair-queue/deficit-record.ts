// A record of deficits: turns and credit of who waits, told change by change to whoever keeps them, and taken up again from there.
// What somebody has saved up for outlives the process.

import type { RoundRobinState } from './deficit-round-robin.ts'

/** JSON. */
export interface Deficit extends Readonly<RoundRobinState> {
  /** A space, whose people take turns; '' is the queue, where spaces do. */
  readonly group: string
  /** '' is the group itself: the round that is served there, and the next seat. */
  readonly member: string
}

/** Without a state: whoever it was waits no more. */
export interface DeficitChange extends Pick<Deficit, 'group' | 'member'> {
  readonly state?: Readonly<RoundRobinState>
}

export interface DeficitRecord {
  /** Turn or credit of this space has changed, and those of these people in it. */
  touch(space: string, ...people: readonly string[]): void
  /** What has changed since this was last asked. */
  takeChanges(stateNow: (group: string, member: string) => Readonly<RoundRobinState> | undefined): readonly DeficitChange[]
  /** What an earlier process has told, until `forget`. Those of whom it told and who are not there are told of as gone. */
  recall(deficits: readonly Deficit[]): void
  /** Gives each of these once: who leaves and comes again begins anew. */
  takeRecalled(group: string, member: string): RoundRobinState | undefined
  forget(): void
}

export function createDeficitRecord(): DeficitRecord {
  const states = new Map<string, RoundRobinState>()
  const touched = new Map<string, Set<string>>()

  function touch(space: string, ...people: readonly string[]): void {
    const there = touched.get(space) ?? new Set()
    for (const person of people) there.add(person)
    touched.set(space, there)
  }

  return {
    touch,
    takeChanges(stateNow) {
      const pairs = [...touched].flatMap(([space, people]) => [['', space], [space, ''], ...[...people].map((person) => [space, person])])
      if (pairs.length > 0) pairs.push(['', ''])
      touched.clear()
      return pairs.map(([group = '', member = '']) => {
        const state = stateNow(group, member)
        return { group, member, ...(state && { state: stateOf(state) }) }
      })
    },
    recall(deficits) {
      for (const deficit of deficits) {
        const { group, member } = deficit
        states.set(keyOf(group, member), stateOf(deficit))
        if (group === '' && member !== '') touch(member)
        else if (group !== '') touch(group, ...(member === '' ? [] : [member]))
      }
    },
    takeRecalled(group, member) {
      const key = keyOf(group, member)
      const state = states.get(key)
      states.delete(key)
      return state
    },
    forget: () => states.clear(),
  }
}

function keyOf(group: string, member: string): string {
  return JSON.stringify([group, member])
}

function stateOf({ round, credit, seat }: Readonly<RoundRobinState>): RoundRobinState {
  return { round, credit, seat }
}
