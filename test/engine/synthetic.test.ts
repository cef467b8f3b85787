import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { randomFill } from '../../src/engine/synthetic/fill.ts'
import { syntheticSd15 } from '../../src/engine/synthetic/write.ts'

const values = (bytes: Uint8Array): number[] => [...new Float16Array(bytes.buffer)]

test('random weights stay within their width around their centre, and fill it', () => {
  const drawn = values(randomFill()([64, 100], 0.1, 1))
  assert.equal(drawn.length, 6400)
  assert.ok(Math.max(...drawn) <= 1.1005 && Math.min(...drawn) >= 0.8995)
  const mean = drawn.reduce((a, b) => a + b) / drawn.length
  assert.ok(Math.abs(mean - 1) < 0.005, `${mean}`)
  assert.ok(new Set(drawn).size > 100)
})

test('no tensor is like another of its shape, and no row like another row', () => {
  const fill = randomFill()
  const [first, second] = [values(fill([40, 50], 1)), values(fill([40, 50], 1))]
  assert.notDeepEqual(first, second)
  const rows = Array.from({ length: 40 }, (_, i) => first.slice(50 * i, 50 * i + 50).join())
  assert.equal(new Set(rows).size, 40)
})

test('the same seed fills the same file, another seed another', () => {
  assert.deepEqual(randomFill(1)([10], 1), randomFill(1)([10], 1))
  assert.notDeepEqual(randomFill(1)([10], 1), randomFill(2)([10], 1))
})

test('a disk without space for all of it is refused before anything is written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zoetrope-synthetic-'))
  try {
    assert.throws(() => syntheticSd15(folder, { freeBytes: () => 3e9 }), {
      code: 'no-disk-space',
      message: `Random weights of SD 1.5’s size take 3.9 GB; the disk of ${folder} has 3.0 GB left.`,
    })
    assert.deepEqual(readdirSync(folder), [])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
