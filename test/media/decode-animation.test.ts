// Our own files as frames again, in every format.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Frames } from '../../src/engine/frames.ts'
import { encode } from '../../src/media/animation.ts'
import { decodeAnimation } from '../../src/media/decode-animation.ts'

/** A soft bright spot that moves over a slope: what a lossy format keeps. */
const side = 32
const moving: Frames = {
  count: 6,
  width: side,
  height: side,
  data: Uint8Array.from({ length: 6 * side * side * 3 }, (_, i) => {
    const [frame, y, x] = [Math.floor(i / (side * side * 3)), Math.floor(i / (side * 3)) % side, Math.floor(i / 3) % side]
    return 60 + 2 * x + 100 * Math.exp(-((x - 6 - 4 * frame) ** 2 + (y - 16) ** 2) / 40)
  }),
}

const apart = (a: Frames, b: Frames): number => a.data.reduce((sum, value, i) => sum + Math.abs(value - b.data[i]!), 0) / a.data.length

for (const format of ['webp', 'gif', 'mp4'] as const) {
  test(`${format} that was enlarged comes back in the size of what was drawn`, async () => {
    const { bytes } = await encode(moving, { format, fps: 8, scale: 4 })
    const decoded = await decodeAnimation(bytes, { width: side, height: side, frames: 6 })
    assert.deepEqual([decoded.count, decoded.width, decoded.height], [6, side, side])
    assert.ok(apart(decoded, moving) < 2.5, `${apart(decoded, moving)} of 255`)
  })
}

test('of a file that was left fewer frames, each stands for those that it shows', async () => {
  const half = { ...moving, count: 3, data: moving.data.subarray(0, moving.data.length / 2) }
  const { bytes } = await encode(half, { format: 'webp', fps: 4 })
  const decoded = await decodeAnimation(bytes, { width: side, height: side, frames: 6 })
  const frame = (i: number) => decoded.data.subarray((i * decoded.data.length) / 6, ((i + 1) * decoded.data.length) / 6)
  assert.equal(decoded.count, 6)
  assert.deepEqual([frame(0), frame(2), frame(4)], [frame(1), frame(3), frame(5)])
})

test('what is no animation is refused', async () => {
  await assert.rejects(decodeAnimation(Buffer.from('a text'), { width: 8, height: 8, frames: 1 }), { code: 'not-an-animation' })
})
