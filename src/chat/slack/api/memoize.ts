// Memoization: what was asked of Slack a moment ago is not asked again; what is being asked is asked once.

import { createLruCache } from '../../../lru-cache.ts'

export interface Memoized<T> {
  get(key: string): Promise<T>
}

/**
 * @param load its failures are forgotten at once
 * @param keep whether an answer may serve later questions
 */
export function memoize<T>(
  maxAgeMs: number,
  load: (key: string) => Promise<T>,
  keep: (value: T) => boolean = () => true,
  maxKeys = 10_000,
): Memoized<T> {
  const entries = createLruCache<{ readonly value: Promise<T>; readonly untilMs: number }>(maxKeys)
  return {
    get(key) {
      const known = entries.peek(key)
      if (known && known.untilMs > Date.now()) return known.value
      const value = load(key)
      entries.set(key, { value, untilMs: Date.now() + maxAgeMs })
      const forget = () => {
        if (entries.peek(key)?.value === value) entries.delete(key)
      }
      value.then((one) => keep(one) || forget(), forget)
      return value
    },
  }
}
