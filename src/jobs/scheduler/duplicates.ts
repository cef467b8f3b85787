// Duplicates (request coalescing): waiting jobs that ask for the same, whoever asks. Each keeps its own place in the queue; when the
// first of them is served, the others are rendered with it. So nobody waits longer for having been joined, whatever the others cancel.

export interface Duplicates {
  add(id: string, key: string): void
  remove(id: string): void
  /** Itself among them, in the order in which they came; none where it is unknown. */
  togetherWith(id: string): ReadonlySet<string>
}

export function createDuplicates(): Duplicates {
  const keys = new Map<string, string>()
  const groups = new Map<string, Set<string>>()

  return {
    add(id, key) {
      keys.set(id, key)
      const group = groups.get(key)
      if (group) group.add(id)
      else groups.set(key, new Set([id]))
    },
    remove(id) {
      const key = keys.get(id)
      if (key === undefined) return
      keys.delete(id)
      const group = groups.get(key)!
      group.delete(id)
      if (group.size === 0) groups.delete(key)
    },
    togetherWith: (id) => groups.get(keys.get(id) ?? '') ?? new Set(),
  }
}
