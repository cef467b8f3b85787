import assert from 'node:assert/strict'
import { test } from 'node:test'
import { padToEven, resize } from '../../../src/media/pixels/resize.ts'
import { ball, part, psnr } from '../pictures.ts'

const SIZES = [
  [1, 1],
  [3, 200],
  [64, 48],
  [65, 47],
  [256, 192],
  [17, 1],
] as const

test('an even colour stays what it is at every size', () => {
  for (const kernel of ['lanczos', 'nearest'] as const) {
    for (const [width, height] of SIZES) {
      const out = resize({ count: 2, width: 64, height: 48, data: new Uint8Array(2 * 64 * 48 * 3).fill(77) }, width, height, kernel)
      assert.equal(out.data.length, 2 * width * height * 3)
      assert.deepEqual([...new Set(out.data)], [77], `${kernel} ${width}×${height}`)
    }
  }
})

test('nearest turns each pixel into a square', () => {
  const out = resize({ count: 1, width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) }, 4, 2, 'nearest')
  assert.deepEqual([...out.data], [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6, 1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6])
})

test('enlarging is symmetric and keeps the middle of the picture in the middle', () => {
  const width = 9
  const data = new Uint8Array(width * 3)
  data.fill(255, 12, 15)
  const out = resize({ count: 1, width, height: 1, data }, width * 4, 1)
  const row = Array.from({ length: width * 4 }, (_, x) => out.data[3 * x]!)
  assert.deepEqual(row, row.toReversed())
  assert.ok(row[17]! > 230 && row[18]! > 230)
})

test('an enlarged picture made small again is the picture', async () => {
  const frames = part(await ball(), 2, 128, 96)
  const back = resize(resize(frames, 512, 384), 128, 96)
  const measured = psnr(frames.data, back.data)
  assert.ok(measured > 40, `${measured} dB`)
})

test('frames do not leak into their neighbours', () => {
  const data = new Uint8Array(2 * 8 * 8 * 3)
  data.fill(255, 8 * 8 * 3)
  const out = resize({ count: 2, width: 8, height: 8, data }, 32, 32)
  assert.ok(out.data.subarray(0, 32 * 32 * 3).every((v) => v === 0))
  assert.ok(out.data.subarray(32 * 32 * 3).every((v) => v === 255))
})

test('padding repeats the last column and row of each frame, and leaves even sizes alone', () => {
  const frames = { count: 1, width: 1, height: 1, data: Uint8Array.of(1, 2, 3) }
  assert.deepEqual(padToEven(frames), { count: 1, width: 2, height: 2, data: Uint8Array.of(1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3) })
  const even = { count: 1, width: 2, height: 2, data: new Uint8Array(12) }
  assert.equal(padToEven(even), even)
})
