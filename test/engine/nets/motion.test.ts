import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { compare } from '../../../src/engine/arrays/comparison.ts'
import { tensorOf } from '../../../src/engine/checkpoint/tensor/tensor.ts'
import { timestepEmbedding } from '../../../src/engine/nets/unet.ts'
import { printGraph } from '../../../src/engine/onnx/print.ts'
import { unetGraph } from '../../../src/engine/pipeline/graphs.ts'
import { type Model, openModel } from '../../../src/engine/pipeline/model/model.ts'
import { runOnce } from '../../../src/engine/verify/test-session.ts'
import { cpuSession, someNumbers, tiny } from '../cpu-session.ts'

const checkpoint = join(tiny, 'checkpoint.safetensors')
const withMotion = (version: string) => openModel({ checkpoint, motion: join(tiny, `motion_${version}.safetensors`) })
// Fewer than 2×2 latents at the lowest level would make group norm over two values a sign function, and every comparison noise.
const size = { animations: 1, h: 16, w: 16, tokens: 77 }
const time = timestepEmbedding(481, 32)
const context = someNumbers(77 * 64, 5)
const each = 4 * 16 * 16

/** Noise [F, 4, 16, 16] of a picture for each of `seeds`. */
async function noiseOf(model: Model, seeds: readonly number[]): Promise<Float32Array[]> {
  const sample = Float32Array.from(seeds.flatMap((seed) => [...someNumbers(each, seed)]))
  const graph = unetGraph(model, cpuSession.target, { ...size, frames: seeds.length })
  const [result] = await runOnce(cpuSession, graph, [{ sample, time, context }])
  return seeds.map((_, i) => result!['noise']!.subarray(i * each, (i + 1) * each))
}

/** The same module with its last projections at zero, as before training: it adds nothing to the pictures. */
function silenced(model: Model): Model {
  const motion = model.motion!
  const tensors = new Map(
    [...motion.tensors].map(([name, tensor]) =>
      /\.proj_out\.(weight|bias)$/.test(name)
        ? [name, tensorOf(name, tensor.shape, new Float32Array(tensor.shape.reduce((n, side) => n * side, 1)))]
        : [name, tensor],
    ),
  )
  return { ...model, motion: { ...motion, tensors } }
}

const error = (got: Float32Array | undefined, expected: Float32Array | undefined): number =>
  compare('noise', 'relative', got!, expected!, 0).error

test('one frame skips the motion modules', async () => {
  for (const version of ['v1', 'v2', 'v3']) {
    const model = withMotion(version)
    const moving = unetGraph(model, cpuSession.target, { ...size, frames: 1 })
    const still = unetGraph({ ...model, motion: null }, cpuSession.target, { ...size, frames: 1 })
    assert.equal(printGraph(moving), printGraph(still))
  }
})

test('frames look at each other through the motion modules', async () => {
  const model = withMotion('v3')
  const [ab] = await noiseOf(model, [1, 2])
  const [ac] = await noiseOf(model, [1, 3])
  assert.ok(error(ab, ac) > 0.01, 'the first frame changes with the second')
})

test('v3 normalises every frame for itself: with silent modules each is a still', async () => {
  const model = silenced(withMotion('v3'))
  const together = await noiseOf(model, [1, 2, 3])
  for (const [i, seed] of [1, 2, 3].entries()) {
    const [alone] = await noiseOf(model, [seed])
    assert.ok(error(together[i], alone) < 1e-6, `frame ${i} is ${error(together[i], alone)} off`)
  }
})

test('v1 normalises all frames of an animation together: even with silent modules they share their statistics', async () => {
  const model = silenced(withMotion('v1'))
  const [first] = await noiseOf(model, [1, 2, 3])
  const [alone] = await noiseOf(model, [1])
  assert.ok(error(first, alone) > 0.01, 'a frame among others is normalised as no still is')
  const [same] = await noiseOf(model, [1, 1, 1])
  assert.ok(error(same, alone) < 1e-5, 'frames that are equal have the statistics of one')
})

test('v2 alone has a module in the middle', () => {
  const has = (version: string): boolean =>
    unetGraph(withMotion(version), cpuSession.target, { ...size, frames: 2 }).nodes.some(({ name }) =>
      name.startsWith('mid_block.motion_modules.0'),
    )
  assert.deepEqual(['v1', 'v2', 'v3'].map(has), [false, true, false])
})

test('two animations at once are two animations', async () => {
  const model = withMotion('v1')
  const graph = unetGraph(model, cpuSession.target, { ...size, animations: 2, frames: 2 })
  const seeds = [1, 2, 3, 4]
  const sample = Float32Array.from(seeds.flatMap((seed) => [...someNumbers(each, seed)]))
  const [both] = await runOnce(cpuSession, graph, [{ sample, time, context: Float32Array.of(...context, ...context) }])
  const apart = [...(await noiseOf(model, [1, 2])), ...(await noiseOf(model, [3, 4]))]
  for (const [i, frame] of apart.entries()) {
    assert.ok(error(both!['noise']!.subarray(i * each, (i + 1) * each), frame) < 1e-6)
  }
})
