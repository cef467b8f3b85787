// Quoting of untrusted text: names and values out of somebody's file, in our sentences.

/** On one line and not longer than a sentence bears; UserError makes what is left of control characters visible. */
export function quoteUntrusted(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 120 ? `${value.slice(0, 120)}…` : value)
  if (typeof value === 'number' || typeof value === 'bigint') return String(value).slice(0, 40)
  // What a file nests may be as deep as it likes: it is never printed.
  return typeof value === 'object' && value !== null ? 'a collection' : String(value)
}
