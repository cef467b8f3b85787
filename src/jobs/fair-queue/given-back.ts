// Entries that were given back (interrupted jobs): they stand before all others, in the order in which they came back, and cost nothing more.

import type { QueueEntry } from './space-queue.ts'

export interface GivenBack {
  readonly size: number
  readonly cost: number
  add(entry: QueueEntry): void
  /** The first that is not blocked, taken out. */
  take(blocked: (entry: QueueEntry) => boolean): QueueEntry | undefined
  /** False where it is not among them. */
  drop(entry: QueueEntry): boolean
  /** What stands before this one; undefined where it is not among them. */
  place(entry: QueueEntry): { readonly ahead: number; readonly costAhead: number } | undefined
  list(): readonly QueueEntry[]
}

export function createGivenBack(saved: readonly QueueEntry[]): GivenBack {
  const entries = [...saved]
  return {
    get size() {
      return entries.length
    },
    get cost() {
      return costOf(entries)
    },
    add: (entry) => void entries.push(entry),
    take(blocked) {
      const first = entries.findIndex((entry) => !blocked(entry))
      return first < 0 ? undefined : entries.splice(first, 1)[0]
    },
    drop(entry) {
      const index = entries.indexOf(entry)
      if (index >= 0) entries.splice(index, 1)
      return index >= 0
    },
    place(entry) {
      const index = entries.indexOf(entry)
      return index < 0 ? undefined : { ahead: index, costAhead: costOf(entries.slice(0, index)) }
    },
    list: () => [...entries],
  }
}

function costOf(entries: readonly QueueEntry[]): number {
  return entries.reduce((sum, { cost }) => sum + cost, 0)
}
