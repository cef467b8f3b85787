// An LRU cache: what is costly to make, by what it is made from; when all of it is too large, what was used longest ago is evicted.
// Not npm's lru-cache, which measures a value once, when it is set, and refuses one that is larger than the whole: a style's tensors are
// read after it was set, and the one that is drawn with has to stay.

export interface LruCache<T> {
  /** Made where it is not there; now the one used last, which stays however large it is. */
  get(key: string, make: () => T): T
  /** Without making it, and without counting as use. */
  peek(key: string): T | undefined
  /** In the place of what is there; now the one used last. */
  set(key: string, value: T): void
  delete(key: string): void
}

/**
 * @param most values, or of what `sizeOf` counts
 * @param sizeOf is asked at every `get`: a value may grow
 */
export function createLruCache<T>(most: number, sizeOf?: (value: T) => number): LruCache<T> {
  const values = new Map<string, T>() // least recently used first

  /** The last entry stays. */
  function evict(): void {
    let total = sizeOf ? values.values().reduce((sum, value) => sum + sizeOf(value), 0) : values.size
    for (const [key, value] of values) {
      if (total <= most || values.size === 1) return
      total -= sizeOf ? sizeOf(value) : 1
      values.delete(key)
    }
  }

  function set(key: string, value: T): void {
    values.delete(key)
    values.set(key, value)
    evict()
  }

  return {
    get(key, make) {
      const value = values.has(key) ? values.get(key)! : make()
      set(key, value)
      return value
    },
    peek: (key) => values.get(key),
    set,
    delete: (key) => void values.delete(key),
  }
}
