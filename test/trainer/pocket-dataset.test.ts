import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frameAt } from '../../src/engine/frames.ts'
import { seededRandom } from '../../src/pocket-world/random.ts'
import { renderFrame } from '../../src/pocket-world/render.ts'
import { randomScene } from '../../src/pocket-world/scene.ts'
import { pocketDataset } from '../../src/trainer/pocket-dataset.ts'

const size = { width: 32, height: 32 }

test('scenes are the same again, and the first of more are those of fewer', async () => {
  const few = pocketDataset({ count: 3, frames: 4 })
  const many = pocketDataset({ count: 5, frames: 4 })
  assert.deepEqual(
    many.slice(0, 3).map(({ caption, stamp }) => [caption, stamp]),
    few.map(({ caption, stamp }) => [caption, stamp]),
  )
  assert.ok(new Set(many.map(({ caption }) => caption)).size > 2)
  assert.deepEqual(await many[2]!.decode(size), await few[2]!.decode(size))
})

test('a loop moves, a picture is one frame, and a look changes both', async () => {
  const loop = await pocketDataset({ count: 1, frames: 4 })[0]!.decode(size)
  assert.deepEqual([loop.count, loop.width, loop.height], [4, 32, 32])
  assert.notDeepEqual(frameAt(loop, 0), frameAt(loop, 2))
  assert.equal((await pocketDataset({ count: 1, frames: 1 })[0]!.decode(size)).count, 1)
  const [noir] = pocketDataset({ count: 1, frames: 4, look: 'noir' })
  const grey = await noir!.decode(size)
  assert.ok(
    grey.data.every((value, i) => Math.abs(value - grey.data[i - (i % 3)]!) <= 2),
    'without colour',
  )
  assert.notEqual(noir!.stamp, pocketDataset({ count: 1, frames: 4 })[0]!.stamp)
})

test('a loop begins where the small model’s own do, so that a motion LoRA has no other beginning to learn', async () => {
  const loop = await pocketDataset({ count: 1, frames: 4 })[0]!.decode(size)
  const scene = { ...randomScene(seededRandom(0)), start: 0 }
  assert.deepEqual(frameAt(loop, 0), renderFrame(scene, 3 / 8, { side: 32 }))
})

test('a camera moves over a loop and comes back; words stay, and its latents are cached apart', async () => {
  const [scene, seen] = [undefined, 'zoom-in' as const].map(
    (camera) => pocketDataset({ count: 1, frames: 4, ...(camera && { camera }) })[0]!,
  )
  const [still, moved] = [await scene!.decode(size), await seen!.decode(size)]
  assert.deepEqual(frameAt(moved, 0), frameAt(still, 0))
  for (const frame of [1, 2, 3]) assert.notDeepEqual(frameAt(moved, frame), frameAt(still, frame))
  assert.equal(seen!.caption, scene!.caption)
  assert.notEqual(seen!.stamp, scene!.stamp)
})

test('what is not square is refused', async () => {
  await assert.rejects(pocketDataset({ count: 1, frames: 1 })[0]!.decode({ width: 64, height: 32 }), { code: 'train-size' })
})
