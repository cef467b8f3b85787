// Memoization: what was asked of Slack a moment ago is not asked again; what is being asked is asked once.

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
  const entries = new Map<string, { readonly value: Promise<T>; readonly untilMs: number }>()
  return {
    get(key) {
      const entry = entries.get(key)
      if (entry && entry.untilMs > Date.now()) return entry.value
      const value = load(key)
      entries.delete(key)
      entries.set(key, { value, untilMs: Date.now() + maxAgeMs })
      if (entries.size > maxKeys) entries.delete(entries.keys().next().value!)
      const forget = () => {
        if (entries.get(key)?.value === value) entries.delete(key)
      }
      value.then((one) => keep(one) || forget(), forget)
      return value
    },
  }
}
