// A fair queue: deficit round robin over spaces, and inside each space over its people, by cost. A person's own jobs
// keep their order. Nobody starves: who comes later joins a later round. No clock, no chance: the order is a
// function of the calls, and the place that is shown is the order in which `next` will give.

import { partitionPoint } from './binary-search.ts'
import { createDeficitRecord, type Deficit, type DeficitChange } from './deficit-record.ts'
import { compare, join, type RoundRobinState, roundOf, serve, servedBy, usualQuantum } from './deficit-round-robin.ts'
import { createGivenBack } from './given-back.ts'
import {
  addEntry,
  dropEntry,
  indexOf,
  letPass,
  type QueueEntry,
  restoreSpaceQueue,
  type SavedSpaceQueue,
  type SpaceQueue,
  saveSpaceQueue,
  serveEntry,
  sumsOf,
} from './space-queue.ts'

export type { QueueEntry } from './space-queue.ts'

/** What will have been served before this one begins: entries and their cost. */
export interface QueuePlace {
  readonly ahead: number
  readonly costAhead: number
}

/** Is asked for entries that may not run just now; must answer alike for all of one person in one space. */
export type Blocked = (entry: QueueEntry) => boolean

export interface FairQueue {
  readonly size: number
  /** Throws where the id is in the queue already, or the cost is no positive integer, or the priority is below 1. */
  add(entry: QueueEntry): void
  /** One that `next` gave out, and that was not made, stands before all others and costs nothing more. Throws as `add` does. */
  giveBack(entry: QueueEntry): void
  /** Takes out what runs next, passing over what is blocked. Who is passed over gains no credit by it. */
  next(blocked?: Blocked): QueueEntry | undefined
  /** The rest stands as if it had never been there. False where the id is not in the queue. */
  cancel(id: string): boolean
  /** In the order of service while nothing comes and nothing is blocked. */
  place(id: string): QueuePlace | undefined
  /** Everything in the order of service. */
  order(): readonly QueueEntry[]
  save(): SavedFairQueue
  /** What a record of turns and credit has to be told since this was last asked. */
  takeChanges(): readonly DeficitChange[]
  /** Who is added before the next `next` goes on where this record left him: what somebody has saved up for outlives the process. */
  recall(deficits: readonly Deficit[]): void
}

/** JSON. */
export interface SavedFairQueue {
  readonly quantum: number
  readonly round: number
  readonly joined: number
  readonly spaces: readonly (RoundRobinState & { readonly key: string; readonly spaceQueue: SavedSpaceQueue })[]
  readonly givenBack: readonly QueueEntry[]
}

interface Space extends RoundRobinState {
  readonly key: string
  readonly spaceQueue: SpaceQueue
}

interface Turn {
  readonly space: Space
  readonly index: number
  readonly round: number
  readonly seat: number
}

/** @param quantum credit for one turn, in units of cost: smaller is fairer over short times, larger keeps a person's small jobs together */
export function createFairQueue(quantum: number = usualQuantum): FairQueue {
  return restoreFairQueue({ quantum, round: 0, joined: 0, spaces: [], givenBack: [] })
}

export function restoreFairQueue(saved: SavedFairQueue): FairQueue {
  const { quantum } = saved
  if (!Number.isSafeInteger(quantum) || quantum < 1) throw new Error(`a quantum is a positive integer, got ${quantum}`)
  let { round, joined } = saved
  const spaces = new Map<string, Space>()
  const entries = new Map<string, QueueEntry>()
  const givenBack = createGivenBack(saved.givenBack)
  const record = createDeficitRecord()
  for (const entry of saved.givenBack) entries.set(entry.id, entry)
  for (const space of saved.spaces) {
    const spaceQueue = restoreSpaceQueue(space.spaceQueue, quantum)
    spaces.set(space.key, { ...space, spaceQueue })
    for (const { entry } of spaceQueue.order) entries.set(entry.id, entry)
  }

  function check(entry: QueueEntry): void {
    if (entries.has(entry.id)) throw new Error(`${entry.id} is in the queue already`)
    if (!Number.isSafeInteger(entry.cost) || entry.cost < 1) throw new Error(`a cost is a positive integer, got ${entry.cost}`)
    if (!(entry.priority >= 1)) throw new Error(`a priority is at least 1, got ${entry.priority}`)
  }

  function add(entry: QueueEntry): void {
    check(entry)
    let space = spaces.get(entry.space)
    if (!space) {
      const { round: served = 0, seat: seats = 0 } = record.takeRecalled(entry.space, '') ?? {}
      const spaceQueue = restoreSpaceQueue({ round: served, joined: seats, lanes: [] }, quantum)
      space = { key: entry.space, ...(record.takeRecalled('', entry.space) ?? join(round, joined++)), spaceQueue }
      spaces.set(entry.space, space)
    }
    addEntry(space.spaceQueue, entry, record.takeRecalled(entry.space, entry.person))
    entries.set(entry.id, entry)
    record.touch(entry.space, entry.person)
  }

  function giveBack(entry: QueueEntry): void {
    check(entry)
    givenBack.add(entry)
    entries.set(entry.id, entry)
  }

  /** The earliest turn that may be taken, and the spaces of which nobody may run. Asked for every job that runs or is foretold. */
  function choose(blocked: Blocked): { turn?: Turn; idle: Space[] } {
    const idle: Space[] = []
    let best: Turn | undefined
    for (const space of spaces.values()) {
      const { order } = space.spaceQueue
      let index = 0
      while (index < order.length && blocked(order[index]!.entry)) index++
      if (index === order.length) {
        idle.push(space)
        continue
      }
      const round = roundOf(space, order[index]!.entry.cost, quantum)
      if (!best || round < best.round || (round === best.round && space.seat < best.seat)) best = { space, index, round, seat: space.seat }
    }
    return best ? { turn: best, idle } : { idle }
  }

  function next(blocked: Blocked = () => false): QueueEntry | undefined {
    record.forget()
    const again = givenBack.take(blocked)
    if (again) {
      entries.delete(again.id)
      return again
    }
    const { turn, idle } = choose(blocked)
    if (!turn) return undefined
    const { space, index } = turn
    const ranked = space.spaceQueue.order[index]!
    const passed = new Set(space.spaceQueue.order.slice(0, index).map(({ entry }) => entry.person))
    letPass(space.spaceQueue, passed, ranked.round)
    for (const other of idle) {
      const late = turn.round - roundOf(other, other.spaceQueue.order[0]!.entry.cost, quantum)
      if (late <= 0) continue
      other.round += late
      record.touch(other.key)
    }
    record.touch(space.key, ranked.entry.person, ...passed)
    serveEntry(space.spaceQueue, ranked)
    serve(space, turn.round, ranked.entry.cost, quantum)
    round = Math.max(round, turn.round)
    forget(space, ranked.entry)
    return ranked.entry
  }

  function cancel(id: string): boolean {
    const entry = entries.get(id)
    if (!entry) return false
    if (givenBack.drop(entry)) return entries.delete(id)
    const space = spaces.get(entry.space)!
    dropEntry(space.spaceQueue, entry)
    record.touch(entry.space, entry.person)
    forget(space, entry)
    return true
  }

  function forget(space: Space, { id }: QueueEntry): void {
    entries.delete(id)
    if (space.spaceQueue.order.length === 0) spaces.delete(space.key)
    if (spaces.size === 0) round = joined = 0
  }

  function place(id: string): QueuePlace | undefined {
    const entry = entries.get(id)
    if (!entry) return undefined
    const again = givenBack.place(entry)
    if (again) return again
    const space = spaces.get(entry.space)!
    let ahead = indexOf(space.spaceQueue, id)
    const costs = sumsOf(space.spaceQueue)[ahead]!
    const turn = { round: roundOf(space, costs, quantum), seat: space.seat }
    let costAhead = costs - entry.cost
    for (const other of spaces.values()) {
      if (other === space) continue
      const lastRound = other.seat < turn.seat ? turn.round : turn.round - 1
      const sums = sumsOf(other.spaceQueue)
      const limit = servedBy(other, lastRound, quantum)
      const served = partitionPoint(sums, (sum) => sum <= limit)
      ahead += served
      costAhead += sums[served - 1] ?? 0
    }
    return { ahead: ahead + givenBack.size, costAhead: costAhead + givenBack.cost }
  }

  function order(): readonly QueueEntry[] {
    const turns = [...spaces.values()].flatMap((space) => {
      const sums = sumsOf(space.spaceQueue)
      return space.spaceQueue.order.map(({ entry }, index) => ({ entry, round: roundOf(space, sums[index]!, quantum), seat: space.seat }))
    })
    return [...givenBack.list(), ...turns.sort(compare).map(({ entry }) => entry)]
  }

  function save(): SavedFairQueue {
    return {
      quantum,
      round,
      joined,
      spaces: [...spaces.values()].map((space) => ({ ...space, spaceQueue: saveSpaceQueue(space.spaceQueue) })),
      givenBack: givenBack.list(),
    }
  }

  function stateNow(group: string, member: string): Readonly<RoundRobinState> | undefined {
    if (group === '') return member === '' ? { round, credit: 0, seat: joined } : spaces.get(member)
    const spaceQueue = spaces.get(group)?.spaceQueue
    if (!spaceQueue || member !== '') return spaceQueue?.people.get(member)
    return { round: spaceQueue.round, credit: 0, seat: spaceQueue.joined }
  }

  function recall(deficits: readonly Deficit[]): void {
    record.recall(deficits)
    ;({ round, seat: joined } = record.takeRecalled('', '') ?? { round, seat: joined })
  }

  return {
    get size() {
      return entries.size
    },
    add,
    giveBack,
    next,
    cancel,
    place,
    order,
    save,
    takeChanges: () => record.takeChanges(stateNow),
    recall,
  }
}
