// A random number generator with a seed (mulberry32): the same run again.

/** From 0 to 1. */
export function randomFrom(seed: number): () => number {
  let state = Math.imul(seed, 2654435761)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
