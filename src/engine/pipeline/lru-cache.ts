// Things that are costly to make, by what they are made from; when all together are too large, those used longest ago go.

export interface LruCache<T> {
  get(key: string, make: () => T): T
  delete(key: string): void
}

/** @param most of what `sizeOf` counts, which may grow after a thing was made; the thing asked for last always stays */
export function createLruCache<T>(most: number, sizeOf: (thing: T) => number = () => 1): LruCache<T> {
  const things = new Map<string, T>() // least used first
  return {
    get(key, make) {
      const thing = things.has(key) ? things.get(key)! : make()
      things.delete(key)
      let total = [...things.values()].reduce((sum, other) => sum + sizeOf(other), sizeOf(thing))
      for (const [other, it] of things) {
        if (total <= most) break
        total -= sizeOf(it)
        things.delete(other)
      }
      things.set(key, thing)
      return thing
    },
    delete: (key) => void things.delete(key),
  }
}
