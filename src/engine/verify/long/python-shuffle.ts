// `random.seed(seed)` and then `random.shuffle`, as CPython does them: FreeNoise's authors order their noise with it, the engine does not.
// Source: CPython, Modules/_randommodule.c (init_by_array) and Lib/random.py (shuffle, _randbelow_with_getrandbits).

import { mersenneTwister, seededState } from '../../noise.ts'

/** @param seed below 2^32 @returns shuffles of 0 … count − 1, one a call */
export function pythonShuffle(seed: number): (count: number) => number[] {
  const bits = mersenneTwister(stateOf(seed))

  function below(limit: number): number {
    const width = 32 - Math.clz32(limit)
    for (;;) {
      const drawn = bits() >>> (32 - width)
      if (drawn < limit) return drawn
    }
  }

  return (count) => {
    const order = Array.from({ length: count }, (_, i) => i)
    for (let i = count - 1; i > 0; i--) {
      const other = below(i + 1)
      ;[order[i], order[other]] = [order[other]!, order[i]!]
    }
    return order
  }
}

/** `init_by_array` with a key of one word (Matsumoto and Nishimura, mt19937ar.c). */
function stateOf(key: number): Uint32Array {
  const state = seededState(19650218)
  const mix = (i: number, factor: number): number => state[i]! ^ Math.imul(state[i - 1]! ^ (state[i - 1]! >>> 30), factor)
  let i = 1
  const next = (): void => {
    i++
    if (i < 624) return
    state[0] = state[623]!
    i = 1
  }
  for (let n = 0; n < 624; n++, next()) state[i] = mix(i, 1664525) + key
  for (let n = 0; n < 623; n++, next()) state[i] = mix(i, 1566083941) - i
  state[0] = 0x8000_0000
  return state
}
