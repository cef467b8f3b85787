import assert from 'node:assert/strict'
import { test } from 'node:test'
import { delays } from '../../src/media/delays.ts'

test('twelve frames a second alternate between eight and nine hundredths', () => {
  assert.deepEqual(delays(6, 12, 100), [8, 9, 8, 8, 9, 8])
})

test('no frame is ever more than half a unit late, over hours', () => {
  for (const fps of [1, 7.3, 12, 24, 29.97, 50]) {
    let at = 0
    delays(200_000, fps, 100).forEach((delay, i) => {
      at += delay
      assert.ok(Math.abs(at - ((i + 1) * 100) / fps) <= 0.5 + 1e-6, `${fps} fps, frame ${i}`)
    })
  }
})
