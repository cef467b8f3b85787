// Slots: devices that render one thing at a time, each behind a pool of its own. One that has a model loaded is taken before others.

import type { RenderPool } from './pool.ts'

export interface Slot {
  /** Of one slot. */
  readonly pool: RenderPool
  /** Of the device. */
  readonly name: string
}

export interface Slots<S extends Slot> {
  readonly all: readonly S[]
  /** Undefined where none is free. @param keys of the model, the more wanted first */
  take(keys: readonly string[]): S | undefined
  /** Once for each that was taken, when what ran there has ended. */
  release(slot: S): void
  /** Keys of models that were loaded there, the newest first. */
  warm(slot: S): readonly string[]
}

/** More than a device keeps loaded. */
const mostWarm = 8

export function createSlots<S extends Slot>(slots: readonly S[]): Slots<S> {
  const free = new Set(slots)
  const loaded = new Map<S, readonly string[]>(slots.map((slot) => [slot, []]))
  const warm = (slot: S): readonly string[] => loaded.get(slot)!

  /** What is loaded elsewhere stays for whoever wants it. */
  function coldest(): S | undefined {
    return [...free].sort((a, b) => warm(a).length - warm(b).length)[0]
  }

  return {
    all: slots,
    take(keys) {
      const wanted = keys.map((key) => [...free].find((slot) => warm(slot).includes(key)))
      const slot = wanted.find((one) => one !== undefined) ?? coldest()
      if (!slot) return undefined
      free.delete(slot)
      loaded.set(slot, [...new Set([...keys, ...warm(slot)])].slice(0, mostWarm))
      return slot
    },
    release: (slot) => void free.add(slot),
    warm,
  }
}
