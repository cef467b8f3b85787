import assert from 'node:assert/strict'
import { test } from 'node:test'
import { torchGenerator } from '../../src/engine/noise.ts'
import golden from '../fixtures/torch_randn.json' with { type: 'json' }

// Logarithm and cosine differ in the last bit between machines.
const tolerance = 1e-6

const worst = (got: ArrayLike<number>, expected: ArrayLike<number>): number => {
  assert.equal(got.length, expected.length)
  let most = 0
  for (let i = 0; i < expected.length; i++) most = Math.max(most, Math.abs(got[i]! - expected[i]!))
  return most
}

for (const { seed, n, first, then } of golden.small) {
  test(`seed ${seed} draws ${n} values and then ${n} more as torch.randn does`, () => {
    const generator = torchGenerator(BigInt(seed))
    assert.ok(worst(generator.normal(n), first) <= tolerance)
    assert.ok(worst(generator.normal(n), then) <= tolerance)
  })
}

for (const { seed, shape, mean, square_mean, at } of golden.large) {
  test(`seed ${seed} fills [${shape}] as torch.randn does`, () => {
    const values = torchGenerator(BigInt(seed)).normal(shape.reduce((product, side) => product * side, 1))
    for (const [index, value] of Object.entries(at)) assert.ok(Math.abs(values[Number(index)]! - value) <= tolerance, `value ${index}`)
    assert.ok(Math.abs(values.reduce((sum, v) => sum + v, 0) / values.length - mean) < tolerance)
    assert.ok(Math.abs(values.reduce((sum, v) => sum + v * v, 0) / values.length - square_mean) < tolerance)
  })
}

test('the second value of a pair waits while a large tensor is drawn', () => {
  const apart = torchGenerator(7n)
  const alone = torchGenerator(7n)
  const [first] = apart.normal(1)
  const pair = alone.normal(2)
  assert.equal(first, pair[0])
  apart.normal(64)
  assert.equal(apart.normal(1)[0], pair[1])
})

test('seeds above 2^53 are not rounded', () => {
  const seed = 12192490710448890259n
  assert.deepEqual(torchGenerator(seed).normal(16), torchGenerator(seed & 0xffffffffn).normal(16))
  assert.notDeepEqual(torchGenerator(seed).normal(16), torchGenerator(BigInt(Number(seed))).normal(16))
})
