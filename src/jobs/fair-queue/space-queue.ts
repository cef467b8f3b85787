// A space queue: the people of one space and what they wait for, in deficit round robin. Each person has a queue that keeps its own
// order. An entry's round is known when it comes and changes only when something before it in its person's queue is dropped.

import { partitionPoint } from './binary-search.ts'
import { compare, join, type RoundRobinState, roundOf, serve } from './deficit-round-robin.ts'

export interface QueueEntry {
  readonly id: string
  readonly space: string
  readonly person: string
  /** A positive integer. */
  readonly cost: number
  /** An entry of priority p counts for cost / p among the people of its space. At least 1. */
  readonly priority: number
}

export interface Ranked {
  readonly entry: QueueEntry
  readonly round: number
  readonly seat: number
}

interface PersonQueue extends RoundRobinState {
  readonly person: string
  readonly entries: QueueEntry[]
}

export interface SpaceQueue {
  readonly quantum: number
  /** The round that is being served. */
  round: number
  /** How many people have joined: the seat of the next. */
  joined: number
  readonly people: Map<string, PersonQueue>
  /** Every entry in the order of service. */
  readonly order: Ranked[]
  /** The same by id. */
  readonly ranked: Map<string, Ranked>
  /** Running sums of the costs in order; absent after a change. */
  sums?: readonly number[]
}

/** JSON. */
export interface SavedSpaceQueue {
  readonly round: number
  readonly joined: number
  readonly lanes: readonly (RoundRobinState & { readonly person: string; readonly entries: readonly QueueEntry[] })[]
}

export function restoreSpaceQueue({ round, joined, lanes }: SavedSpaceQueue, quantum: number): SpaceQueue {
  const spaceQueue: SpaceQueue = { quantum, round, joined, people: new Map(), order: [], ranked: new Map() }
  for (const saved of lanes) {
    const queue = { ...saved, entries: [...saved.entries] }
    spaceQueue.people.set(queue.person, queue)
    rank(spaceQueue, queue, 0)
  }
  return spaceQueue
}

export function saveSpaceQueue({ round, joined, people }: SpaceQueue): SavedSpaceQueue {
  return { round, joined, lanes: [...people.values()].map((queue) => ({ ...queue, entries: [...queue.entries] })) }
}

/** @param recalled where its person stood in an earlier process */
export function addEntry(spaceQueue: SpaceQueue, entry: QueueEntry, recalled?: RoundRobinState): void {
  let queue = spaceQueue.people.get(entry.person)
  if (!queue) {
    queue = { person: entry.person, ...(recalled ?? join(spaceQueue.round, spaceQueue.joined++)), entries: [] }
    spaceQueue.people.set(entry.person, queue)
  }
  queue.entries.push(entry)
  rank(spaceQueue, queue, queue.entries.length - 1)
}

/** Serves an entry that is the first of its person. */
export function serveEntry(spaceQueue: SpaceQueue, { entry, round }: Ranked): void {
  const queue = spaceQueue.people.get(entry.person)!
  serve(queue, round, shareOf(entry), spaceQueue.quantum)
  spaceQueue.round = Math.max(spaceQueue.round, round)
  takeOut(spaceQueue, entry.id)
  queue.entries.shift()
  forgetIfEmpty(spaceQueue, queue)
}

/** Takes an entry out; what stands behind it in its person's queue is ranked as if it had never been there. */
export function dropEntry(spaceQueue: SpaceQueue, { id, person }: QueueEntry): void {
  const queue = spaceQueue.people.get(person)!
  const index = queue.entries.findIndex((entry) => entry.id === id)
  unrank(spaceQueue, queue, index)
  queue.entries.splice(index, 1)
  rank(spaceQueue, queue, index)
  forgetIfEmpty(spaceQueue, queue)
}

/** Moves people who had a turn before this round, and did not take it, into this round. */
export function letPass(spaceQueue: SpaceQueue, persons: Iterable<string>, round: number): void {
  for (const person of persons) {
    const queue = spaceQueue.people.get(person)!
    const head = roundOf(queue, shareOf(queue.entries[0]!), spaceQueue.quantum)
    if (head >= round) continue
    unrank(spaceQueue, queue, 0)
    queue.round += round - head
    rank(spaceQueue, queue, 0)
  }
}

/** sums[k]: cost of the first k + 1 entries. */
export function sumsOf(spaceQueue: SpaceQueue): readonly number[] {
  let sum = 0
  spaceQueue.sums ??= spaceQueue.order.map(({ entry }) => {
    sum += entry.cost
    return sum
  })
  return spaceQueue.sums
}

/** Where an entry of this queue stands in its order. */
export function indexOf({ order, ranked }: SpaceQueue, id: string): number {
  const own = ranked.get(id)!
  let index = partitionPoint(order, (other) => compare(other, own) < 0)
  while (order[index] !== own) index++ // one person's entries may share a round
  return index
}

/** Puts a person's entries from the given one on into the order; they must not be there yet. */
function rank(spaceQueue: SpaceQueue, queue: PersonQueue, from: number): void {
  let costs = 0
  for (const [index, entry] of queue.entries.entries()) {
    costs += shareOf(entry)
    if (index < from) continue
    const ranked = { entry, round: roundOf(queue, costs, spaceQueue.quantum), seat: queue.seat }
    spaceQueue.order.splice(
      partitionPoint(spaceQueue.order, (other) => compare(other, ranked) <= 0),
      0,
      ranked,
    )
    spaceQueue.ranked.set(entry.id, ranked)
  }
  delete spaceQueue.sums
}

function unrank(spaceQueue: SpaceQueue, queue: PersonQueue, from: number): void {
  for (const { id } of queue.entries.slice(from)) takeOut(spaceQueue, id)
  delete spaceQueue.sums
}

function takeOut(spaceQueue: SpaceQueue, id: string): void {
  spaceQueue.order.splice(indexOf(spaceQueue, id), 1)
  spaceQueue.ranked.delete(id)
}

function forgetIfEmpty(spaceQueue: SpaceQueue, queue: PersonQueue): void {
  if (queue.entries.length === 0) spaceQueue.people.delete(queue.person)
  delete spaceQueue.sums
}

/** Rounded up to stay an integer: sums of integers are exact, so ranks never depend on the order of adding. */
function shareOf({ cost, priority }: QueueEntry): number {
  return Math.ceil(cost / priority)
}
