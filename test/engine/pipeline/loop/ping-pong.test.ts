import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pingPong } from '../../../../src/engine/pipeline/loop/ping-pong.ts'

test('forth and back shows no end twice', () => {
  assert.deepEqual([1, 2, 3, 5].map(pingPong), [[0], [0, 1], [0, 1, 2, 1], [0, 1, 2, 3, 4, 3, 2, 1]])
})
