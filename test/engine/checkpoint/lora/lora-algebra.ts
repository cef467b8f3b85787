// Matrix algebra by index, in double precision: what merged weights are compared with.

import assert from 'node:assert/strict'
import { float32Of, type Tensor } from '../../../../src/engine/checkpoint/tensor/tensor.ts'

/** Elements of a tensor by index, in double precision. */
export const at =
  (tensor: Tensor) =>
  (...index: number[]): number => {
    const data = float32Of(tensor)
    return data[index.reduce((offset, i, axis) => offset * tensor.shape[axis]! + i, 0)]!
  }

export const sum = (n: number, term: (i: number) => number): number =>
  Array.from({ length: n }, (_, i) => term(i)).reduce((a, b) => a + b, 0)

export function close(got: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-6) {
  assert.equal(got.length, expected.length)
  for (let i = 0; i < got.length; i++)
    assert.ok(Math.abs(got[i]! - expected[i]!) <= tolerance * Math.max(1, Math.abs(expected[i]!)), `[${i}] ${got[i]} for ${expected[i]}`)
}

/** W + strength · delta(o, i, s) for every element of a weight [out, in, k·k]. */
export function plus(
  before: Float32Array,
  [out, input, k]: readonly [number, number, number],
  strength: number,
  delta: (o: number, i: number, s: number) => number,
) {
  return Float64Array.from(
    { length: out * input * k },
    (_, n) => before[n]! + strength * delta(Math.floor(n / (input * k)), Math.floor(n / k) % input, n % k),
  )
}
