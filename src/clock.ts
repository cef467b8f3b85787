// The time, as an argument.

export interface Clock {
  /** Since 1970. */
  nowMs(): number
  /** Calls once after so long; the returned function calls it off. */
  after(ms: number, call: () => void): () => void
}
