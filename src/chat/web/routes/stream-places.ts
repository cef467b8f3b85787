// Places of event streams (a counting semaphore for each key): how many may be open for one person, from one address and in all.

export interface StreamPlaces {
  /** Takes one place of each key, or none. @returns what gives it back, once; undefined where there is none */
  take(keys: readonly { readonly key: string; readonly most: number }[]): (() => void) | undefined
}

export function createStreamPlaces(inAll: number): StreamPlaces {
  const taken = new Map<string, number>()
  let all = 0
  const add = (key: string, change: number) => {
    const count = (taken.get(key) ?? 0) + change
    if (count > 0) taken.set(key, count)
    else taken.delete(key)
  }
  return {
    take(keys) {
      if (all >= inAll || keys.some(({ key, most }) => (taken.get(key) ?? 0) >= most)) return undefined
      all++
      for (const { key } of keys) add(key, 1)
      let given = true
      return () => {
        if (!given) return
        given = false
        all--
        for (const { key } of keys) add(key, -1)
      }
    },
  }
}
