// The last few of something (a bounded set): what has to be known again for a while, and not for ever.

export interface Recent {
  add(key: string): void
  has(key: string): boolean
  /** Whether it was there. */
  delete(key: string): boolean
}

export function createRecent(most: number): Recent {
  const keys = new Set<string>()
  return {
    add(key) {
      keys.delete(key)
      keys.add(key)
      if (keys.size > most) keys.delete(keys.values().next().value!)
    },
    has: (key) => keys.has(key),
    delete: (key) => keys.delete(key),
  }
}
