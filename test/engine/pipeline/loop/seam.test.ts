import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Frames } from '../../../../src/engine/frames.ts'
import { seam } from '../../../../src/engine/pipeline/loop/seam.ts'

const framesOf = (values: readonly number[]): Frames => ({
  count: values.length,
  width: 2,
  height: 1,
  data: Uint8Array.from(values.flatMap((value) => Array<number>(6).fill(value))),
})

test('the seam of a circle is one, of a cut the length of the way, of a doubled end nothing', () => {
  assert.equal(seam(framesOf([0, 10, 20, 10])), 1)
  assert.equal(seam(framesOf([0, 10, 20, 30])), 3)
  assert.equal(seam(framesOf([0, 10, 20, 0])), 0)
})

test('a clip that stands still has no seam', () => {
  assert.equal(seam(framesOf([5, 5, 5])), 0)
  assert.equal(seam(framesOf([5])), 0)
})
