import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { elementsOf } from '../../../../src/engine/checkpoint/tensor/tensor.ts'
import { stridedCopy } from '../../../../src/engine/checkpoint/torch/strided-copy.ts'

describe('gather', () => {
  test('takes each element from where its strides say, for every size of element and any alignment', () => {
    const side = fc.record({ length: fc.integer({ min: 0, max: 4 }), step: fc.integer({ min: 0, max: 7 }) })
    fc.assert(
      fc.property(fc.array(side, { maxLength: 4 }), fc.constantFrom(1, 2, 4, 8), fc.integer({ min: 0, max: 3 }), (sides, size, shift) => {
        const shape = sides.map(({ length }) => length)
        const stride = sides.map(({ step }) => step)
        const reach = sides.reduce((sum, { length, step }) => sum + Math.max(length - 1, 0) * step, 1)
        const source = Uint8Array.from({ length: shift + reach * size }, (_, i) => (i * 37) % 251).subarray(shift)
        const dense = stridedCopy(source, shape, stride, size)
        assert.equal(dense.length, elementsOf(shape) * size)
        for (let n = 0; n < elementsOf(shape); n++) {
          let rest = n
          let at = 0
          for (let i = shape.length - 1; i >= 0; i--) {
            at += (rest % shape[i]!) * stride[i]!
            rest = Math.floor(rest / shape[i]!)
          }
          assert.deepEqual(dense.subarray(n * size, (n + 1) * size), source.subarray(at * size, (at + 1) * size))
        }
      }),
      { seed: 1, numRuns: 300 },
    )
  })
})
