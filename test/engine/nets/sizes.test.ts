import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { compare } from '../../../src/engine/arrays/comparison.ts'
import { timestepEmbedding } from '../../../src/engine/nets/unet.ts'
import type { Graph } from '../../../src/engine/onnx/graph.ts'
import { Resize } from '../../../src/engine/onnx/ops.ts'
import { decoderGraph, encoderGraph, unetGraph } from '../../../src/engine/pipeline/graphs.ts'
import { openModel } from '../../../src/engine/pipeline/model/model.ts'
import type { Feed } from '../../../src/engine/runtime/session.ts'
import { cpu } from '../../../src/engine/targets/cpu.ts'
import type { Target } from '../../../src/engine/targets/target.ts'
import { runOnce } from '../../../src/engine/verify/test-session.ts'
import { compute, cpuSession, someNumbers, tiny } from '../cpu-session.ts'
import { channelsLastTarget, plainTarget } from '../plain-targets.ts'

const model = openModel({ checkpoint: join(tiny, 'checkpoint.safetensors'), motion: join(tiny, 'motion_v2.safetensors') })
const targets: Readonly<Record<string, Target>> = {
  'as the CPU writes it': cpu(),
  "in Winograd's form": cpu({ winograd: () => true }),
  'channels last': channelsLastTarget,
}

/** Sides that are odd at some level: 10 × 14 becomes 5 × 7, 3 × 4, 2 × 2 on the way down, and must come back to the skips' sides. */
const [h, w] = [10, 14]

async function errorAgainstPlain(build: (target: Target) => Graph, target: Target, feed: Record<string, Feed>): Promise<number> {
  const results = []
  for (const it of [target, plainTarget]) {
    const graph = build(it)
    const [result] = await runOnce(cpuSession, graph, [feed])
    const [output] = graph.outputs
    assert.equal(
      result![output!.name]!.length,
      output!.shape.reduce((n, side) => n * side, 1),
    )
    results.push(result![output!.name]!)
  }
  return compare('y', 'relative', results[0]!, results[1]!, 0).error
}

for (const [name, target] of Object.entries(targets)) {
  test(`sides that halve to odd ones come back: the UNet with motion ${name}`, async () => {
    const size = { animations: 1, frames: 3, h, w, tokens: 77 }
    const feed = { sample: someNumbers(3 * 4 * h * w, 1), time: timestepEmbedding(481, 32), context: someNumbers(77 * 64, 2) }
    const error = await errorAgainstPlain((it) => unetGraph(model, it, size), target, feed)
    assert.ok(error < 1e-5, `relative error ${error}`)
  })

  test(`a picture of any sides in multiples of 8: the VAE ${name}`, async () => {
    const size = { pictures: 2, h, w: 9 }
    const decoded = await errorAgainstPlain((it) => decoderGraph(model, it, size), target, { latents: someNumbers(2 * 4 * h * 9, 1) })
    const pixels = 3 * 8 * h * 8 * 9
    const encoded = await errorAgainstPlain((it) => encoderGraph(model, it, { ...size, pictures: 1 }), target, {
      pictures: someNumbers(pixels, 2),
    })
    assert.ok(decoded < 1e-5 && encoded < 2e-5, `relative errors ${decoded}, ${encoded}`)
  })
}

test('an upsampled place is the one that PyTorch takes: floor(place · before / after)', async () => {
  for (const [before, after] of [
    [2, 3],
    [3, 5],
    [5, 10],
    [4, 7],
    [9, 17],
  ] as const) {
    const x = someNumbers(before, before)
    const y = await compute((graph) => Resize(graph.input('x', 'float32', [1, 1, 1, before]), 1, after), { x })
    assert.deepEqual(
      [...y],
      Array.from({ length: after }, (_, place) => x[Math.floor((place * before) / after)]),
    )
  }
})
