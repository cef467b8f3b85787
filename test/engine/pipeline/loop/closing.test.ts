import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Frames } from '../../../../src/engine/frames.ts'
import { crossFade, pingPong } from '../../../../src/engine/pipeline/loop/closing.ts'
import { seam } from '../../../../src/engine/pipeline/loop/seam.ts'

const framesOf = (values: readonly number[]): Frames => ({
  count: values.length,
  width: 2,
  height: 1,
  data: Uint8Array.from(values.flatMap((value) => Array<number>(6).fill(value))),
})

test('forth and back shows no end twice', () => {
  assert.deepEqual([1, 2, 3, 5].map(pingPong), [[0], [0, 1], [0, 1, 2, 1], [0, 1, 2, 3, 4, 3, 2, 1]])
})

test('a steady walk that is faded goes on over its end as steadily as inside', () => {
  const walk = Float32Array.from({ length: 12 }, (_, i) => 10 * i)
  const closed = crossFade(walk, 9, 3)
  assert.equal(closed.length, 9)
  assert.equal(closed[0], 0.75 * 90 + 0.25 * 0)
  assert.equal(closed[2], 0.25 * 110 + 0.75 * 20)
  assert.deepEqual([...closed.slice(3)], [30, 40, 50, 60, 70, 80])
})

test('a fade over no frames changes nothing', () => {
  assert.deepEqual([...crossFade(Float32Array.of(1, 2), 2, 0)], [1, 2])
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
