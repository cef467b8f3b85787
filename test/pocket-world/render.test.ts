// The drawn truth against frames and looks that the PyTorch program drew with which the small model is trained.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import sharp from 'sharp'
import { cameras, pan, spin, type View, zoom } from '../../src/pocket-world/camera.ts'
import { inLook, type LookName, lookNames } from '../../src/pocket-world/looks.ts'
import { placeNames } from '../../src/pocket-world/places.ts'
import { seededRandom } from '../../src/pocket-world/random.ts'
import { renderFrame, renderLoop } from '../../src/pocket-world/render.ts'
import { colourNames, randomScene, type Scene } from '../../src/pocket-world/scene.ts'
import { subjectNames } from '../../src/pocket-world/subjects.ts'

const folder = join(import.meta.dirname, '../fixtures/pocket-world')

interface Drawn extends Omit<Scene, 'size'> {
  readonly frame: number
  readonly side: number
}

/** Cell `of` in a look. */
interface Seen {
  readonly look: LookName
  readonly of: number
  readonly side: number
}

const cells = JSON.parse(readFileSync(join(folder, 'scenes.json'), 'utf8')) as readonly (Drawn | Seen)[]
const sheet = await sharp(join(folder, 'frames.webp')).raw().toBuffer({ resolveWithObject: true })

/** Bytes of cell `i`, [side, side, 3]. */
function expected(i: number): Uint8Array {
  const { data, info } = sheet
  const { side } = cells[i]!
  const [left, top] = [(i % 8) * 128, Math.floor(i / 8) * 128]
  const out = new Uint8Array(side * side * 3)
  for (let y = 0; y < side; y++) {
    const from = ((top + y) * info.width + left) * 3
    out.set(data.subarray(from, from + side * 3), y * side * 3)
  }
  return out
}

const largestDifference = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((largest, byte, i) => Math.max(largest, Math.abs(byte - b[i]!)), 0)

const meanDifference = (a: Uint8Array, b: Uint8Array): number => a.reduce((sum, byte, i) => sum + Math.abs(byte - b[i]!), 0) / a.length

type Three = [Uint8Array, Uint8Array, Uint8Array]

const different = (values: readonly unknown[]): number => new Set(values).size

test('every subject and place is drawn as the trainer draws it, to a byte at every pixel', () => {
  const drawn = cells.filter((cell) => 'subject' in cell)
  assert.equal(different(drawn.map(({ subject }) => subject)), subjectNames.length)
  assert.equal(different(drawn.map(({ place }) => place)), placeNames.length)
  assert.equal(different(drawn.map(({ colour }) => colour)), colourNames.length)
  assert.deepEqual([different(drawn.map(({ side }) => side)), different(drawn.map(({ facing }) => facing))], [3, 2])
  const off = drawn.flatMap(({ frame, side, ...scene }, i) => {
    const most = largestDifference(renderFrame({ ...scene, size: 'ordinary' }, frame / 16, { side }), expected(i))
    return most <= 1 ? [] : [`${i}: ${scene.subject}, ${scene.place}: ${most}`]
  })
  assert.deepEqual(off, [])
})

test('every look is the trainer’s formula, to a byte at every pixel', () => {
  const seen = cells.flatMap((cell, i) => ('look' in cell ? [{ ...cell, i }] : []))
  assert.equal(different(seen.map(({ look }) => look)), lookNames.length)
  const off = seen.flatMap(({ look, of, side, i }) => {
    const { data } = inLook({ count: 1, width: side, height: side, data: expected(of) }, look)
    const most = largestDifference(data, expected(i))
    return most <= 1 ? [] : [`${i}: ${look}: ${most}`]
  })
  assert.deepEqual(off, [])
})

test('every motion closes: it ends where it began', () => {
  const random = seededRandom(1)
  for (const [i, subject] of subjectNames.entries()) {
    const scene = { ...randomScene(random, { subject, place: placeNames[i % placeNames.length]! }), start: 0 }
    const [first, last, next] = [0, 1 - 1e-6, 1 / 16].map((time) => renderFrame(scene, time, { side: 32 })) as Three
    const step = meanDifference(first, next)
    // A windmill's sails lie over each other in another order after a quarter of a turn: a few pixels.
    assert.ok(meanDifference(first, last) < step / 20, `${subject}, ${scene.place}: ${meanDifference(first, last)} of ${step}`)
  }
})

test('a loop is its frames, one after the other', () => {
  const scene = randomScene(seededRandom(2))
  const { count, width, height, data } = renderLoop(scene, { side: 32, frames: 4 })
  assert.deepEqual([count, width, height], [4, 32, 32])
  for (let i = 0; i < 4; i++) assert.deepEqual(data.subarray(i * 3072, (i + 1) * 3072), renderFrame(scene, i / 4, { side: 32 }))
})

test('a pan shows what lies beside, and a camera that returns is where it was', () => {
  const scene = randomScene(seededRandom(3), { place: 'blue sky' })
  const side = 64
  const still = renderFrame(scene, 0.5, { side })
  // Half a loop is all the way out: by a quarter of the picture.
  const moved = renderFrame(scene, 0.5, { side, camera: pan(0.5, 0, 'return') })
  for (let y = 0; y < side; y++) {
    const shown = moved.subarray(y * side * 3, (y * side + side - 16) * 3)
    assert.ok(largestDifference(shown, still.subarray((y * side + 16) * 3, (y + 1) * side * 3)) <= 1, `row ${y}`)
  }
  for (const camera of [pan(0.5, 0.2, 'return'), zoom(1.5, 'return'), spin(0.3, 'return'), zoom(1.5, 'once')]) {
    assert.deepEqual(renderFrame(scene, 0, { side, camera }), renderFrame(scene, 0, { side }))
  }
})

test('a movement of the camera does what its name says, and is back at the end', () => {
  const signs = ({ x, y, zoom: near, angle }: View) =>
    [x, y, Math.log(near), angle].map((value) => Math.sign(Math.round(value * 1000)) || 0)
  assert.deepEqual(Object.fromEntries(Object.entries(cameras).map(([name, camera]) => [name, signs(camera(0.5))])), {
    'pan-left': [-1, 0, 0, 0],
    'pan-right': [1, 0, 0, 0],
    'tilt-up': [0, -1, 0, 0],
    'tilt-down': [0, 1, 0, 0],
    'zoom-in': [0, 0, 1, 0],
    'zoom-out': [0, 0, -1, 0],
    'rolling-clockwise': [0, 0, 0, 1],
    'rolling-anticlockwise': [0, 0, 0, -1],
  })
  for (const camera of Object.values(cameras)) for (const time of [0, 1]) assert.deepEqual(signs(camera(time)), [0, 0, 0, 0])
})

test('a zoom enlarges: each pixel of the middle stands where two were, no softer', () => {
  const scene = randomScene(seededRandom(4), { place: 'meadow', subject: 'heart', colour: 'red' })
  const near = renderFrame(scene, 1, { side: 64, camera: zoom(2, 'once') })
  const still = renderFrame(scene, 1, { side: 128 })
  const middle = new Uint8Array(64 * 64 * 3)
  for (let y = 0; y < 64; y++) middle.set(still.subarray(((y + 32) * 128 + 32) * 3, ((y + 32) * 128 + 96) * 3), y * 64 * 3)
  assert.ok(meanDifference(near, middle) < 1.5, `${meanDifference(near, middle)} of 255`)
})

test('a spin turns the picture about its middle', () => {
  const scene = randomScene(seededRandom(5), { place: 'city', subject: 'robot' })
  const side = 48
  const still = renderFrame(scene, 0, { side })
  const quarter = renderFrame(scene, 1, { side, camera: spin(Math.PI / 2, 'once') })
  const turned = new Uint8Array(still.length)
  // Turning the camera clockwise turns what it sees the other way: a row from above becomes a column from the left.
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) turned.set(still.subarray((x * side + side - 1 - y) * 3, (x * side + side - y) * 3), (y * side + x) * 3)
  }
  assert.ok(largestDifference(quarter, turned) <= 1)
})
