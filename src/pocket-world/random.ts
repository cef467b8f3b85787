// Random numbers from a seed: mulberry32 (Tommy Ettinger, public domain), and what is drawn from them.

/** From 0 to 1, without 1. */
export type Random = () => number

export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export const between = (random: Random, from: number, to: number): number => from + (to - from) * random()

export const oneOf = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)]!
