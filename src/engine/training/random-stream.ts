// A random stream for each place in a training: of its seed, and of numbers that say which place. Nothing is remembered between places, so
// that a training that was stopped goes on as if it had not been.

import { mersenneTwister, seededState, type TorchGenerator, torchGenerator } from '../noise.ts'

export interface RandomStream extends TorchGenerator {
  /** From 0 to 1, 1 excluded; 32 bits. */
  uniform(): number
}

/** @param place whole numbers below 2^32 */
export function randomStream(seed: bigint, ...place: readonly number[]): RandomStream {
  const words = [Number(BigInt.asUintN(32, seed)), Number(BigInt.asUintN(32, seed >> 32n)), ...place]
  const mixed = words.reduce((state, word) => scrambled(state ^ scrambled(word)), 0x9e3779b9)
  const bits = mersenneTwister(seededState(scrambled(mixed + 1)))
  return { ...torchGenerator(BigInt(mixed)), uniform: () => bits() / 2 ** 32 }
}

/** MurmurHash3's finalizer (A. Appleby): every bit of the word changes half the bits of the result. */
function scrambled(word: number): number {
  let x = word >>> 0
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}
