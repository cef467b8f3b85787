import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { tensorOf } from '../../../src/engine/checkpoint/tensor/tensor.ts'
import { Weights } from '../../../src/engine/nets/weights.ts'
import { Graph } from '../../../src/engine/onnx/graph.ts'
import { decoderGraph, encoderGraph, textGraph, unetGraph } from '../../../src/engine/pipeline/graphs.ts'
import { openModel } from '../../../src/engine/pipeline/model/model.ts'
import { cpu } from '../../../src/engine/targets/cpu.ts'
import { tiny } from '../cpu-session.ts'

const weights = () =>
  new Weights({
    graph: new Graph('test'),
    target: cpu(),
    file: 'some.safetensors',
    tensors: new Map([['conv_in.weight', tensorOf('conv_in.weight', [4, 2], Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8))]]),
  })

test('a weight that is missing is named with its shape and file', () => {
  assert.throws(() => weights().at('conv_in').get('bias', [4]), {
    code: 'weight-missing',
    message: 'some.safetensors has no conv_in.bias, expected [4].',
  })
})

test('a weight of another shape is named with both', () => {
  assert.throws(() => weights().at('conv_in').get('weight', [4, 3]), {
    code: 'weight-shape',
    message: 'conv_in.weight in some.safetensors is [4,2], expected [4,3].',
  })
})

test('a corner sees only what lies below its path', () => {
  const w = weights()
  assert.ok(w.has('conv_in.weight') && w.at('conv_in').has('weight'))
  assert.ok(!w.at('conv_out').has('weight'))
})

test('the halves of a weight are its rows, first and last', () => {
  const w = weights()
  const [first, last] = w.at('conv_in').halves()
  const rows = [first.get('weight', [2, 2]), last.get('weight', [2, 2])].map(({ name }) => w.graph.initializers.get(name)!.tensor.at)
  assert.deepEqual(rows, [new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer), new Uint8Array(Float32Array.of(5, 6, 7, 8).buffer)])
})

test('every weight of a checkpoint is asked for, and none twice under two names', () => {
  const model = openModel({ checkpoint: join(tiny, 'checkpoint.safetensors'), motion: join(tiny, 'motion_v2.safetensors') })
  const target = cpu()
  const used = (graph: Graph): Set<string> =>
    new Set([...graph.initializers.keys()].filter((name) => !name.startsWith('constant')).map((name) => name.replace(/\[\d\/2\]$/, '')))
  const size = { pictures: 1, h: 8, w: 8 }
  assert.deepEqual(
    used(unetGraph(model, target, { animations: 1, frames: 2, h: 8, w: 8, tokens: 77 })),
    new Set([...model.unet.tensors.keys(), ...model.motion!.tensors.keys()]),
  )
  assert.deepEqual(used(textGraph(model, target, { prompts: 1, clipSkip: 1 })), new Set(model.text.tensors.keys()))
  assert.deepEqual(
    new Set([...used(decoderGraph(model, target, size)), ...used(encoderGraph(model, target, size))]),
    new Set(model.vae.tensors.keys()),
  )
})
