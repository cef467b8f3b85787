// Work in flight: what has begun and not ended, so that a stop can wait for it.

export interface InFlight {
  /** Gives the work back. Who fails is the caller's to hear. */
  track<T>(work: Promise<T>): Promise<T>
  /** Resolves when nothing is under way any more, what began meanwhile included. Never rejects. */
  settled(): Promise<void>
}

export function createInFlight(): InFlight {
  const all = new Set<Promise<unknown>>()
  return {
    track(work) {
      all.add(work)
      const done = () => all.delete(work)
      work.then(done, done)
      return work
    },
    async settled() {
      while (all.size > 0) await Promise.allSettled(all)
    },
  }
}
