import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Frames } from '../../src/engine/index.ts'
import { colourDistance, meanColourOf, sharpnessOf, steadinessOf } from '../../src/judge/measures.ts'
import { seededRandom } from '../../src/pocket-world/random.ts'
import { renderLoop } from '../../src/pocket-world/render.ts'
import { randomScene } from '../../src/pocket-world/scene.ts'

/** A grey loop: every pixel of frame `i` has the value `values[i]`. */
const grey = (...values: readonly number[]): Frames => ({
  count: values.length,
  width: 2,
  height: 2,
  data: Uint8Array.from(values.flatMap((value) => Array(12).fill(value) as number[])),
})

test('a loop that comes back evenly is closed and nothing in it leaps', () => {
  assert.deepEqual(steadinessOf(grey(10, 20, 30, 40, 30, 20)), { seam: 1, jump: 1, motion: 10 })
})

test('an open clip has a seam above 1', () => {
  assert.deepEqual(steadinessOf(grey(10, 20, 30, 40, 50)), { seam: 4, jump: 1, motion: 10 })
})

test('a leap in the middle is a jump', () => {
  const { seam, jump } = steadinessOf(grey(10, 20, 10, 20, 80, 70, 60))
  assert.deepEqual([seam, jump], [50 / 60, 6])
})

test('what stands still has neither', () => {
  for (const still of [grey(5, 5, 5, 5), grey(5)]) assert.deepEqual(steadinessOf(still), { seam: 1, jump: 1, motion: 0 })
})

test('what stands still and then is elsewhere has leapt, however little', () => {
  assert.equal(steadinessOf(grey(5, 5, 5, 6)).jump, Infinity)
})

test('a drawn loop that is cut short has a seam, one of which a frame was lost a jump', () => {
  const scene = { ...randomScene(seededRandom(8), { subject: 'fish', place: 'underwater', size: 'big' }), start: 0.1 }
  const loop = renderLoop(scene)
  const whole = steadinessOf(loop)
  assert.ok(whole.seam < 1.05 && whole.jump < 2, `${whole.seam}, ${whole.jump}`)
  const size = 128 * 128 * 3
  const half = { ...loop, count: 8, data: loop.data.subarray(0, 8 * size) }
  assert.ok(steadinessOf(half).seam > 1.2)
  const gone = { ...loop, data: loop.data.slice() }
  gone.data.set(renderLoop({ ...scene, subject: 'ball' }).data.subarray(5 * size, 6 * size), 5 * size)
  assert.ok(steadinessOf(gone).jump > 2)
})

test('sharpness is the mean slope: an edge counts its height, a gradient the same height spread out', () => {
  const row = (...values: readonly number[]): Frames => {
    const data = Uint8Array.from([...values, ...values].flatMap((value) => [value, value, value]))
    return { count: 1, width: values.length, height: 2, data }
  }
  assert.equal(sharpnessOf(row(0, 0, 120, 120, 120)), 30)
  assert.equal(sharpnessOf(row(0, 30, 60, 90, 120)), 30)
  assert.equal(sharpnessOf(row(50, 50, 50)), 0)
})

test('mean colours are of all frames, and their distance is that of the three channels', () => {
  const red: Frames = { count: 2, width: 1, height: 1, data: Uint8Array.of(200, 0, 0, 100, 30, 0) }
  assert.deepEqual(meanColourOf(red), [150, 15, 0])
  assert.equal(colourDistance([150, 15, 0], [99, 15, 51]), 102 / 765)
})
