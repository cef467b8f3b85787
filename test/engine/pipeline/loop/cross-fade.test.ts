import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crossFade } from '../../../../src/engine/pipeline/loop/cross-fade.ts'

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
