// Random half-precision weights, made fast: one table of random numbers for each scale, read from a new place for every tensor.
// No two tensors are alike, because ONNX Runtime keeps equal ones once, which would flatter memory and caches.

import { elementsOf } from '../checkpoint/tensor/tensor.ts'

/** The next tensor as little-endian float16: even in ±width around the centre. */
export type Fill = (shape: readonly number[], width: number, centre?: number) => Uint8Array

/** A prime, so that the rows of no matrix repeat. */
const length = 1_048_583

export function randomFill(seed = 1): Fill {
  const numbers = uniform(seed)
  const scaled = new Map<string, Uint8Array>()
  let start = 0
  return (shape, width, centre = 0) => {
    const key = `${width} ${centre}`
    const table = scaled.get(key) ?? bytesOf(Float16Array.from(numbers, (value) => centre + width * value))
    scaled.set(key, table)
    start = (start + 104_729) % length
    return turned(table, start, elementsOf(shape))
  }
}

const bytesOf = (values: Float16Array): Uint8Array => new Uint8Array(values.buffer)

/** `count` elements of the table, from `start`, around and around. */
function turned(table: Uint8Array, start: number, count: number): Uint8Array {
  const bytes = new Uint8Array(2 * count)
  for (let done = 0, at = 2 * start; done < bytes.length; at = 0) {
    const part = table.subarray(at, at + bytes.length - done)
    bytes.set(part, done)
    done += part.length
  }
  return bytes
}

/** −1 to 1, the same on every run (mulberry32). */
function uniform(seed: number): Float32Array {
  let state = seed
  return Float32Array.from({ length }, () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1
  })
}
