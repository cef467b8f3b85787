// The people of one space and what they wait for, in deficit round robin. Each person is a lane that keeps its own
// order. An entry's round is known when it comes and changes only when something before it in its lane is dropped.

import { countUntil } from './binary-search.ts'
import { compare, join, roundOf, serve, type Turns } from './deficit-round-robin.ts'

export interface Entry {
  readonly id: string
  readonly space: string
  readonly person: string
  /** A positive integer. */
  readonly cost: number
  /** An entry of priority p counts for cost / p among the people of its space. At least 1. */
  readonly priority: number
}

export interface Ranked {
  readonly entry: Entry
  readonly round: number
  readonly seat: number
}

interface Lane extends Turns {
  readonly person: string
  readonly entries: Entry[]
}

export interface Ring {
  readonly quantum: number
  /** The round that is being served. */
  round: number
  /** How many lanes have joined: the seat of the next. */
  joined: number
  readonly lanes: Map<string, Lane>
  /** Every entry in the order of service. */
  readonly order: Ranked[]
  /** The same by id. */
  readonly ranked: Map<string, Ranked>
  /** Running sums of the costs in order; absent after a change. */
  sums?: readonly number[]
}

/** JSON. */
export interface SavedRing {
  readonly round: number
  readonly joined: number
  readonly lanes: readonly (Turns & { readonly person: string; readonly entries: readonly Entry[] })[]
}

export function restoreRing({ round, joined, lanes }: SavedRing, quantum: number): Ring {
  const ring: Ring = { quantum, round, joined, lanes: new Map(), order: [], ranked: new Map() }
  for (const saved of lanes) {
    const lane = { ...saved, entries: [...saved.entries] }
    ring.lanes.set(lane.person, lane)
    rank(ring, lane, 0)
  }
  return ring
}

export function saveRing({ round, joined, lanes }: Ring): SavedRing {
  return { round, joined, lanes: [...lanes.values()].map((lane) => ({ ...lane, entries: [...lane.entries] })) }
}

export function addEntry(ring: Ring, entry: Entry): void {
  let lane = ring.lanes.get(entry.person)
  if (!lane) {
    lane = { person: entry.person, ...join(ring.round, ring.joined++), entries: [] }
    ring.lanes.set(entry.person, lane)
  }
  lane.entries.push(entry)
  rank(ring, lane, lane.entries.length - 1)
}

/** Serves an entry that is the first of its lane. */
export function serveEntry(ring: Ring, { entry, round }: Ranked): void {
  const lane = ring.lanes.get(entry.person)!
  serve(lane, round, shareOf(entry), ring.quantum)
  ring.round = Math.max(ring.round, round)
  takeOut(ring, entry.id)
  lane.entries.shift()
  forgetIfEmpty(ring, lane)
}

/** Takes an entry out; what stands behind it in its lane is ranked as if it had never been there. */
export function dropEntry(ring: Ring, { id, person }: Entry): void {
  const lane = ring.lanes.get(person)!
  const index = lane.entries.findIndex((entry) => entry.id === id)
  unrank(ring, lane, index)
  lane.entries.splice(index, 1)
  rank(ring, lane, index)
  forgetIfEmpty(ring, lane)
}

/** Moves lanes that had a turn before this round, and did not take it, into this round. */
export function letPass(ring: Ring, persons: Iterable<string>, round: number): void {
  for (const person of persons) {
    const lane = ring.lanes.get(person)!
    const head = roundOf(lane, shareOf(lane.entries[0]!), ring.quantum)
    if (head >= round) continue
    unrank(ring, lane, 0)
    lane.round += round - head
    rank(ring, lane, 0)
  }
}

/** sums[k]: cost of the first k + 1 entries. */
export function sumsOf(ring: Ring): readonly number[] {
  let sum = 0
  ring.sums ??= ring.order.map(({ entry }) => {
    sum += entry.cost
    return sum
  })
  return ring.sums
}

/** Where an entry of this ring stands in its order. */
export function indexOf({ order, ranked }: Ring, id: string): number {
  const own = ranked.get(id)!
  let index = countUntil(order, (other) => compare(other, own) < 0)
  while (order[index] !== own) index++ // one person's entries may share a round
  return index
}

/** Puts the lane's entries from the given one on into the order; they must not be there yet. */
function rank(ring: Ring, lane: Lane, from: number): void {
  let costs = 0
  for (const [index, entry] of lane.entries.entries()) {
    costs += shareOf(entry)
    if (index < from) continue
    const ranked = { entry, round: roundOf(lane, costs, ring.quantum), seat: lane.seat }
    ring.order.splice(
      countUntil(ring.order, (other) => compare(other, ranked) <= 0),
      0,
      ranked,
    )
    ring.ranked.set(entry.id, ranked)
  }
  delete ring.sums
}

function unrank(ring: Ring, lane: Lane, from: number): void {
  for (const { id } of lane.entries.slice(from)) takeOut(ring, id)
  delete ring.sums
}

function takeOut(ring: Ring, id: string): void {
  ring.order.splice(indexOf(ring, id), 1)
  ring.ranked.delete(id)
}

function forgetIfEmpty(ring: Ring, lane: Lane): void {
  if (lane.entries.length === 0) ring.lanes.delete(lane.person)
  delete ring.sums
}

/** Rounded up to stay an integer: sums of integers are exact, so ranks never depend on the order of adding. */
function shareOf({ cost, priority }: Entry): number {
  return Math.ceil(cost / priority)
}
