import assert from 'node:assert/strict'
import { test } from 'node:test'
import { torchGenerator } from '../../../src/engine/noise.ts'
import { applyEmphasis } from '../../../src/engine/text/emphasis.ts'

const width = 8
const hidden = torchGenerator(1n)
  .normal(2 * 77 * width)
  .map((v) => v + 0.5)
const mean = (values: Float32Array) => values.reduce((sum, v) => sum + v, 0) / values.length

test('rows are multiplied by their weights, and the mean of the chunk is kept', () => {
  const weights = new Float32Array(2 * 77).fill(1)
  weights[3] = 1.5
  weights[4] = 0
  const weighted = applyEmphasis(hidden, weights)
  const ratioIn = (row: number) => weighted[row * width]! / hidden[row * width]!
  assert.ok(Math.abs(mean(weighted.subarray(0, 77 * width)) - mean(hidden.subarray(0, 77 * width))) < 1e-6)
  assert.ok(Math.abs(ratioIn(3) / ratioIn(5) - 1.5) < 1e-6)
  assert.equal(ratioIn(4), 0)
  // The second chunk has no emphasis of its own.
  assert.deepEqual(weighted.subarray(77 * width), hidden.subarray(77 * width))
})

test('without emphasis nothing changes, and what was handed in never does', () => {
  const before = hidden.slice()
  assert.deepEqual(applyEmphasis(hidden, new Float32Array(2 * 77).fill(1)), hidden)
  applyEmphasis(hidden, new Float32Array(2 * 77).fill(2))
  assert.deepEqual(hidden, before)
})

test('a prompt of no weight at all becomes nothing, not infinite', () => {
  assert.ok(applyEmphasis(hidden, new Float32Array(2 * 77)).every((v) => v === 0 || Object.is(v, -0)))
})
