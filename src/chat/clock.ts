// Time as the chat needs it: told, and waited for. An argument, so that tests move it by hand.

export interface Clock {
  nowMs(): number
  /** Calls once after so long; the returned function calls it off. */
  after(ms: number, call: () => void): () => void
}

export const clock: Clock = {
  nowMs: () => Date.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms)
    return () => clearTimeout(timer)
  },
}
