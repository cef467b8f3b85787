// Fair order: deficit round robin over spaces, and inside each space over its people, by cost. A person's own jobs
// keep their order. Nobody starves: who comes later joins a later round. No clock, no chance: the order is a
// function of the calls, and the place that is shown is the order in which `next` will give.

import { countUntil } from './binary-search.ts'
import { compare, join, roundOf, serve, servedBy, type Turns } from './deficit-round-robin.ts'
import {
  addEntry,
  dropEntry,
  type Entry,
  indexOf,
  letPass,
  type Ring,
  restoreRing,
  type SavedRing,
  saveRing,
  serveEntry,
  sumsOf,
} from './space-queue.ts'

export type { Entry } from './space-queue.ts'

/** What will have been served before this one begins: entries and their cost. */
export interface Place {
  readonly ahead: number
  readonly costAhead: number
}

/** Is asked for entries that may not run just now; must answer alike for all of one person in one space. */
export type Blocked = (entry: Entry) => boolean

export interface Queue {
  readonly size: number
  /** Throws where the id is in the queue already, or the cost is no positive integer, or the priority is below 1. */
  add(entry: Entry): void
  /** Takes out what runs next, passing over what is blocked. Who is passed over gains no credit by it. */
  next(blocked?: Blocked): Entry | undefined
  /** What `next` would take out. */
  peek(blocked?: Blocked): Entry | undefined
  /** The rest stands as if it had never been there. False where the id is not in the queue. */
  cancel(id: string): boolean
  /** In the order of service while nothing comes and nothing is blocked. */
  place(id: string): Place | undefined
  /** Everything in the order of service. */
  order(): readonly Entry[]
  save(): SavedQueue
}

/** JSON. */
export interface SavedQueue {
  readonly quantum: number
  readonly round: number
  readonly joined: number
  readonly spaces: readonly (Turns & { readonly key: string; readonly ring: SavedRing })[]
}

interface Space extends Turns {
  readonly key: string
  readonly ring: Ring
}

interface Turn {
  readonly space: Space
  readonly index: number
  readonly round: number
  readonly seat: number
}

/**
 * 16 frames of 64 × 64 in 12 steps: the smallest usual animation. A larger one saves up for several turns, which costs nothing
 * here; with a larger quantum one person's small ones would be drawn in a row while others wait.
 */
export const usualQuantum = 16 * 12 * 64 * 64

/** @param quantum credit for one turn, in units of cost: smaller is fairer over short times, larger keeps a person's small jobs together */
export function createQueue(quantum: number = usualQuantum): Queue {
  return restoreQueue({ quantum, round: 0, joined: 0, spaces: [] })
}

export function restoreQueue(saved: SavedQueue): Queue {
  const { quantum } = saved
  if (!Number.isSafeInteger(quantum) || quantum < 1) throw new Error(`a quantum is a positive integer, got ${quantum}`)
  let { round, joined } = saved
  const spaces = new Map<string, Space>()
  const entries = new Map<string, Entry>()
  for (const space of saved.spaces) {
    const ring = restoreRing(space.ring, quantum)
    spaces.set(space.key, { ...space, ring })
    for (const { entry } of ring.order) entries.set(entry.id, entry)
  }

  function add(entry: Entry): void {
    if (entries.has(entry.id)) throw new Error(`${entry.id} is in the queue already`)
    if (!Number.isSafeInteger(entry.cost) || entry.cost < 1) throw new Error(`a cost is a positive integer, got ${entry.cost}`)
    if (!(entry.priority >= 1)) throw new Error(`a priority is at least 1, got ${entry.priority}`)
    let space = spaces.get(entry.space)
    if (!space) {
      space = { key: entry.space, ...join(round, joined++), ring: restoreRing({ round: 0, joined: 0, lanes: [] }, quantum) }
      spaces.set(entry.space, space)
    }
    addEntry(space.ring, entry)
    entries.set(entry.id, entry)
  }

  /** The earliest turn that may be taken, and the spaces of which nobody may run. Asked for every job that runs or is foretold. */
  function choose(blocked: Blocked): { turn?: Turn; idle: Space[] } {
    const idle: Space[] = []
    let best: Turn | undefined
    for (const space of spaces.values()) {
      const { order } = space.ring
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

  function next(blocked: Blocked = () => false): Entry | undefined {
    const { turn, idle } = choose(blocked)
    if (!turn) return undefined
    const { space, index } = turn
    const ranked = space.ring.order[index]!
    if (index > 0) letPass(space.ring, new Set(space.ring.order.slice(0, index).map(({ entry }) => entry.person)), ranked.round)
    for (const other of idle) other.round += Math.max(0, turn.round - roundOf(other, other.ring.order[0]!.entry.cost, quantum))
    serveEntry(space.ring, ranked)
    serve(space, turn.round, ranked.entry.cost, quantum)
    round = Math.max(round, turn.round)
    forget(space, ranked.entry)
    return ranked.entry
  }

  function peek(blocked: Blocked = () => false): Entry | undefined {
    const { turn } = choose(blocked)
    return turn?.space.ring.order[turn.index]?.entry
  }

  function cancel(id: string): boolean {
    const entry = entries.get(id)
    if (!entry) return false
    const space = spaces.get(entry.space)!
    dropEntry(space.ring, entry)
    forget(space, entry)
    return true
  }

  function forget(space: Space, { id }: Entry): void {
    entries.delete(id)
    if (space.ring.order.length === 0) spaces.delete(space.key)
    if (spaces.size === 0) round = joined = 0
  }

  function place(id: string): Place | undefined {
    const entry = entries.get(id)
    if (!entry) return undefined
    const space = spaces.get(entry.space)!
    let ahead = indexOf(space.ring, id)
    const costs = sumsOf(space.ring)[ahead]!
    const turn = { round: roundOf(space, costs, quantum), seat: space.seat }
    let costAhead = costs - entry.cost
    for (const other of spaces.values()) {
      if (other === space) continue
      const lastRound = other.seat < turn.seat ? turn.round : turn.round - 1
      const sums = sumsOf(other.ring)
      const limit = servedBy(other, lastRound, quantum)
      const served = countUntil(sums, (sum) => sum <= limit)
      ahead += served
      costAhead += sums[served - 1] ?? 0
    }
    return { ahead, costAhead }
  }

  function order(): readonly Entry[] {
    const turns = [...spaces.values()].flatMap((space) => {
      const sums = sumsOf(space.ring)
      return space.ring.order.map(({ entry }, index) => ({ entry, round: roundOf(space, sums[index]!, quantum), seat: space.seat }))
    })
    return turns.sort(compare).map(({ entry }) => entry)
  }

  function save(): SavedQueue {
    return { quantum, round, joined, spaces: [...spaces.values()].map((space) => ({ ...space, ring: saveRing(space.ring) })) }
  }

  return {
    get size() {
      return entries.size
    },
    add,
    next,
    peek,
    cancel,
    place,
    order,
    save,
  }
}
