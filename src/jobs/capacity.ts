// Capacity: how many renders may be under way at once. It grows and shrinks while hosts come and go, so it is asked, never copied.

export interface Capacity {
  /** Slots in all, free and taken; 0 where nothing can render just now. */
  capacity(): number
  /** Called after each change of it. Returns what takes the listener away. */
  onCapacity(listener: () => void): () => void
}

/** Tells whoever listens whenever it is set to something else. */
export function changingCapacity(): Capacity & { set(slots: number): void } {
  let capacity = 0
  const listeners = new Set<() => void>()
  return {
    capacity: () => capacity,
    onCapacity(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    set(slots) {
      if (slots === capacity) return
      capacity = slots
      for (const listener of [...listeners]) listener()
    },
  }
}

/** Of what never changes. */
export function fixedCapacity(slots: number): Capacity {
  return { capacity: () => slots, onCapacity: () => () => undefined }
}
