import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { coveringSize, cropCentre } from '../../../src/media/pixels/crop.ts'

/** What torchvision's Resize and CenterCrop do with pictures of many shapes: workshop/reference/make_train.py. */
const { resize_and_crop: shapes } = (
  JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/train/train.json'), 'utf8')) as {
    data: { resize_and_crop: { height: number; width: number; size: number; resized: [number, number]; top: number; left: number }[] }
  }
).data

test('a picture is made as large as torchvision makes it, and cut where it cuts', () => {
  assert.ok(shapes.length > 4)
  for (const { height, width, size, resized, top, left } of shapes) {
    const { width: w, height: h } = coveringSize({ width, height }, { width: size, height: size })
    assert.deepEqual([h, w], resized)
    // Every pixel tells its place: red its column, green its row, both modulo 256, and blue what is left of both.
    const data = Uint8Array.from({ length: w * h * 3 }, (_, i) => {
      const [x, y] = [Math.floor(i / 3) % w, Math.floor(i / (3 * w))]
      return i % 3 === 0 ? x : i % 3 === 1 ? y : (x >> 8) | ((y >> 8) << 4)
    })
    const cut = cropCentre({ count: 1, width: w, height: h, data }, size, size)
    assert.deepEqual([cut.width, cut.height], [size, size])
    assert.deepEqual([...cut.data.subarray(0, 3)], [left & 255, top & 255, (left >> 8) | ((top >> 8) << 4)])
  }
})

test('each frame of several is cut at the same place', () => {
  const frame = (base: number) => [0, 1, 2, 3].flatMap((x) => [base + x, 0, 0])
  const frames = { count: 2, width: 4, height: 1, data: Uint8Array.from([...frame(10), ...frame(20)]) }
  const red = [...cropCentre(frames, 2, 1).data].filter((_, i) => i % 3 === 0)
  assert.deepEqual(red, [11, 12, 21, 22])
})
