import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Frames } from '../../../src/engine/frames.ts'
import { pixelMotionOf } from '../../../src/engine/measures/pixel-motion.ts'
import { warpErrorOf } from '../../../src/engine/measures/warp-error.ts'
import { seededRandom } from '../../../src/pocket-world/random.ts'

const count = 3
const framesOf = (side: number, light: (frame: number, x: number, y: number) => number): Frames => {
  const data = new Uint8Array(count * side * side * 3)
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / 3)
    data[i] = 255 * light(Math.floor(pixel / side ** 2), pixel % side, Math.floor(pixel / side) % side)
  }
  return { count, width: side, height: side, data }
}

/** 0 to 1, a number of its own for each place. */
const grain = (x: number, y: number): number => seededRandom(1000 * x + y)()

test('what only moves is explained, however much of it there is', () => {
  const inside = (x: number, y: number): boolean => Math.min(x, y) >= 16 && Math.max(x, y) < 40
  const moved = framesOf(64, (frame, x, y) => (inside(x - 5 * frame, y - 3 * frame) ? grain(x - 5 * frame, y - 3 * frame) : 0.5))
  assert.ok(pixelMotionOf(moved).motion > 0.05)
  assert.ok(warpErrorOf(moved) < 0.25 * pixelMotionOf(moved).motion, `${warpErrorOf(moved)}`)
  // What comes in at the side was nowhere before: a block of eight columns of 64 is not explained.
  const panned = framesOf(64, (frame, x) => Math.sin((x + 4 * frame) / 3) / 2 + 0.5)
  assert.ok(warpErrorOf(panned) < 0.15 * pixelMotionOf(panned).motion)
})

test('a light that changes is not: whatever moved, its difference is left', () => {
  const flicker = framesOf(32, (frame, x, y) => 0.2 + 0.2 * frame + 0.1 * grain(x, y))
  assert.ok(Math.abs(warpErrorOf(flicker) - 0.2) < 0.06, `${warpErrorOf(flicker)}`)
  assert.equal(warpErrorOf(framesOf(32, (_, x, y) => grain(x, y))), 0)
})

test('a large picture is measured like a small one of the same', () => {
  const checks = (scale: number) =>
    framesOf(128 * scale, (frame, x, y) => grain(Math.floor(x / scale) + 200 * frame, Math.floor(y / scale)))
  assert.ok(Math.abs(warpErrorOf(checks(2)) - warpErrorOf(checks(1))) < 1e-6)
})
