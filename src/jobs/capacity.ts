// Capacity: how many renders may be under way at once. It grows and shrinks while hosts come and go, so it is asked, never copied.

export interface Capacity {
  /** Slots in all, free and taken; 0 where nothing can render just now. */
  capacity(): number
  /** Called after each change of it. Returns what takes the listener away. */
  onCapacity(listener: () => void): () => void
}

/** Of what never changes. */
export function fixedCapacity(slots: number): Capacity {
  return { capacity: () => slots, onCapacity: () => () => undefined }
}
