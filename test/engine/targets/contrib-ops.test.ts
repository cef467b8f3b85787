// CUDA, DirectML and CoreML without any of them: the graphs that would be loaded there, spelled with ordinary operators and run on the CPU;
// and, at the published widths, held to what the kernels accept.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare } from '../../../src/engine/arrays/comparison.ts'
import { unetArchitecture, vaeArchitecture } from '../../../src/engine/checkpoint/architecture/architecture.ts'
import { motionArchitecture } from '../../../src/engine/checkpoint/architecture/motion-architecture.ts'
import { partsOf } from '../../../src/engine/checkpoint/dialects/parts.ts'
import { resnetBlock } from '../../../src/engine/nets/layers.ts'
import { unet } from '../../../src/engine/nets/unet.ts'
import { vaeDecoder } from '../../../src/engine/nets/vae.ts'
import { Weights } from '../../../src/engine/nets/weights.ts'
import { Graph } from '../../../src/engine/onnx/graph.ts'
import { printGraph } from '../../../src/engine/onnx/print.ts'
import { createSession, type Feed } from '../../../src/engine/runtime/session.ts'
import { officialModules, sd15UNet, sd15Vae } from '../../../src/engine/synthetic/sd15.ts'
import type { Ability, Precision } from '../../../src/engine/targets/ability.ts'
import { coreml } from '../../../src/engine/targets/coreml.ts'
import { cpu, noWinograd } from '../../../src/engine/targets/cpu.ts'
import { cuda } from '../../../src/engine/targets/cuda.ts'
import { directml } from '../../../src/engine/targets/directml.ts'
import { webgpu } from '../../../src/engine/targets/webgpu.ts'
import { fileOf } from '../checkpoint/tensor/tensors-in-memory.ts'
import { someNumbers } from '../cpu-session.ts'
import { plainTarget } from '../plain-targets.ts'
import { spelled } from './expand-contrib-ops.ts'
import { roundedToHalf } from './round-to-half.ts'
import { errorsOf, type TinyNet, tinyMotion, tinyStill, tinyText, tinyVae } from './tiny-nets.ts'

const able = (type: Precision): Ability => ({ type, fused: new Set(['self', 'cross', 'temporal']) })
const any = { groupNorm: () => true, geglu: () => true, biasAdd: () => true }

async function worst(net: TinyNet): Promise<number> {
  const session = await createSession(spelled(net.graph))
  const errors = await errorsOf(net, session)
  await session.release()
  return Math.max(...errors)
}

const operators = ({ graph }: TinyNet): Set<string> => new Set(graph.nodes.map(({ op }) => op))

test('the fused graph, read aloud, gives the published answers', async (t) => {
  const target = cuda(able('float32'), any)
  const nets = { text: tinyText(target), vae: tinyVae(target), still: tinyStill(target) }
  for (const op of ['NhwcConv', 'GroupNorm', 'BiasSplitGelu', 'BiasAdd', 'MultiHeadAttention']) assert.ok(operators(nets.still).has(op), op)
  for (const op of ['Conv', 'InstanceNormalization', 'Attention']) assert.ok(!operators(nets.still).has(op), op)
  for (const [name, net] of Object.entries(nets)) await t.test(name, async () => assert.ok((await worst(net)) <= 1e-5))
  for (const version of ['v1', 'v2', 'v3'] as const) {
    await t.test(`motion ${version}`, async () => assert.ok((await worst(tinyMotion(target, version, { steps: [961] }))) <= 1e-5))
  }
})

test('widths that the kernels do not take are written plainly, with the same answers', async () => {
  const target = cuda(able('float32'))
  const net = tinyMotion(target, 'v1', { steps: [41], clips: 1 })
  for (const op of ['BiasSplitGelu', 'BiasAdd']) assert.ok(!operators(net).has(op), op)
  const normed = net.graph.nodes.filter(({ op }) => op === 'GroupNorm').map(({ inputs }) => inputs[0]!.shape[3])
  assert.deepEqual(new Set(normed), new Set([128]), 'two joined widths of 64 happen to be one that the kernel takes')
  assert.ok((await worst(net)) <= 1e-5)
  assert.ok((await worst(tinyVae(target, 1))) <= 1e-5)
})

/** Of what half precision stores: a value is off by 2e-4 of itself, and a UNet adds some thirty of them up. */
const halfBounds = { text: 1e-3, still: 2e-3, motion: 2.5e-3 }

async function worstRounded(net: TinyNet): Promise<number> {
  const session = await createSession(roundedToHalf(spelled(net.graph)))
  const errors = await errorsOf(net, session)
  await session.release()
  return Math.max(...errors)
}

test('in half precision, every result rounded as a GPU stores it, the graph is no further off than half precision is', async (t) => {
  const still = await worstRounded(tinyStill({ ...plainTarget, type: 'float16' }))
  for (const [name, target] of Object.entries({
    'CUDA, every operator fused': cuda(able('float16'), any),
    'CUDA, those of the published widths': cuda(able('float16')),
    DirectML: directml(able('float16')),
  })) {
    await t.test(name, async () => {
      assert.ok((await worstRounded(tinyText(target))) <= halfBounds.text, 'text')
      const error = await worstRounded(tinyStill(target))
      assert.ok(error > 1e-4, `${error}: nothing was rounded`)
      assert.ok(error <= Math.min(halfBounds.still, 1.15 * still), `${error}, and ${still} operator by operator, as PyTorch computes it`)
    })
  }
  const target = cuda(able('float16'), any)
  for (const version of ['v1', 'v2', 'v3'] as const) {
    await t.test(`motion ${version}`, async () => {
      const error = await worstRounded(tinyMotion(target, version, { steps: [41], clips: 1 }))
      assert.ok(error > 1e-4 && error <= halfBounds.motion, `${error}`)
    })
  }
})

test('CoreML is written with ordinary operators alone, with the same answers', async () => {
  const net = tinyMotion(coreml({ type: 'float32' }), 'v1', { steps: [41], clips: 1 })
  assert.deepEqual([...new Set(net.graph.nodes.map(({ domain }) => domain))], [''])
  assert.ok((await worst(net)) <= 1e-5)
})

test('a low-rank adapter at run time does the same in channels-last layout as on the CPU', async () => {
  const ranks = (weight: string): number => (weight.startsWith('down_blocks.0') || weight.startsWith('up_blocks.3') ? 3 : 0)
  const answers = await Promise.all(
    [cpu(noWinograd), cuda(able('float32'), any), cuda(able('float32'))].map(async (target) => {
      const { graph, runs } = tinyStill(target, { adapterRank: ranks })
      const feeds: Record<string, Feed> = { ...runs[0]!.feeds }
      for (const [i, input] of graph.inputs.entries()) {
        feeds[input.name] ??= someNumbers(
          input.shape.reduce((a, b) => a * b),
          i,
        ).map((value) => value / 4)
      }
      const session = await createSession(spelled(graph))
      const { eps } = await session.run(feeds)
      await session.release()
      return { names: graph.inputs.map(({ name }) => name).toSorted(), eps: eps!, plain: runs[0]!.outputs['eps']! }
    }),
  )
  const [reference, ...others] = answers as [(typeof answers)[0], ...typeof answers]
  assert.ok(reference.names.includes('down_blocks.0.resnets.0.conv1.weight.lora_down'))
  assert.ok(reference.names.includes('up_blocks.3.resnets.0.conv_shortcut.weight.lora_up'))
  assert.ok(reference.names.includes('down_blocks.0.attentions.0.transformer_blocks.0.ff.net.0.proj.weight.lora_up'))
  assert.ok(compare('adapted', 'relative', reference.eps, reference.plain, 0).error > 0.05, 'the adapter does something')
  for (const { names, eps } of others) {
    assert.deepEqual(names, reference.names)
    assert.ok(compare('adapted', 'relative', eps, reference.eps, 0).error <= 1e-5)
  }
})

test('an adapter of another strength at each frame gives each frame what it gets at that strength, in every layout', async () => {
  const frames = 2
  const ranks = (weight: string): number => (/^(down_blocks\.0|up_blocks\.3)/.test(weight) && !weight.includes('time_emb') ? 3 : 0)
  for (const target of [cpu(noWinograd), cuda(able('float32'), any), cuda(able('float32'))]) {
    /** @param strengths one for both pictures, or one for each */
    const eps = async (strengths: readonly number[]): Promise<Float32Array> => {
      const more = { adapterRank: ranks, ...(strengths.length > 1 && { adapterFrames: frames }) }
      const { graph, runs } = tinyStill(target, more)
      const feeds: Record<string, Feed> = { ...runs[0]!.feeds }
      for (const { name, shape } of graph.inputs) {
        const scale = Float32Array.from(strengths.flatMap((strength) => Array<number>(3).fill(strength)))
        const numbers = (seed: number) =>
          someNumbers(
            shape.reduce((a, b) => a * b),
            seed,
          ).map((value) => value / 4)
        feeds[name] ??= name.endsWith('lora_scale') ? scale : numbers(name.length)
      }
      const session = await createSession(spelled(graph))
      const { eps } = await session.run(feeds)
      await session.release()
      return eps!
    }
    const [weak, strong, each] = [await eps([0.2]), await eps([0.9]), await eps([0.2, 0.9])]
    const half = each.length / 2
    const apart = (a: Float32Array, b: Float32Array): number => compare('adapted', 'relative', a, b, 0).error
    assert.ok(apart(each.subarray(0, half), weak.subarray(0, half)) <= 1e-5)
    assert.ok(apart(each.subarray(half), strong.subarray(half)) <= 1e-5)
    assert.ok(apart(weak, strong) > 0.01, 'strengths matter')
  }
})

/** What ONNX Runtime's CUDA kernels check when they run: group_norm_impl.cu, bias_split_gelu.cc, bias_add.cc, nhwc_conv.cc. */
function holdToKernels(graph: Graph): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { op, inputs, attributes } of graph.nodes) {
    counts[op] = (counts[op] ?? 0) + 1
    const [x, w] = inputs.map((value) => value?.shape) as [number[], number[]]
    if (op === 'GroupNorm') {
      assert.equal(attributes['groups'], 32)
      assert.equal((x[3]! / 32) % 2, 0, 'channels are read in pairs of one group')
      assert.ok(x[0]! <= 32, 'at most 32 images')
      assert.ok(x.reduce((a, b) => a * b) / x[0]! < 2 ** 31, 'indices of one image are 32 bits')
      const [, gamma, beta] = inputs
      assert.deepEqual({ gamma: gamma!.type, beta: beta!.type }, { gamma: 'float32', beta: 'float32' })
    }
    if (op === 'BiasSplitGelu') assert.ok(x.length === 3 && [2560, 5120, 10240].includes(x[2]!))
    if (op === 'BiasAdd') assert.ok(x.length === 3 && [320, 640, 1280].includes(x[2]!) && inputs[2]!.shape.join() === x.join())
    if (op === 'NhwcConv') assert.equal(w[3], x[3])
  }
  return counts
}

test('at the widths of Stable Diffusion v1 every fused operator is used, within what its kernel accepts', () => {
  const parts = { ...partsOf(fileOf(sd15UNet())), motion: partsOf(fileOf(officialModules({ peRows: 24 }))).motion! }
  const arch = unetArchitecture(parts.unet!)
  const motion = { frames: 16, architecture: motionArchitecture(parts.motion, { path: 'mm_sd_v14.ckpt', peRows: 24 }) }
  assert.ok(motion.architecture.acrossFrames)
  const graph = new Graph('unet')
  const weights = new Weights({ graph, target: cuda(able('float16')), file: 'sd15', tensors: new Map([...parts.unet!, ...parts.motion]) })
  const context = graph.input('context', 'float32', [1, 77, 768])
  graph.output(
    'noise',
    unet(weights, graph.input('sample', 'float32', [16, 4, 64, 64]), graph.input('time', 'float32', [1, 320]), context, arch, motion),
  )
  const counts = holdToKernels(graph)
  // 22 resnets, 16 spatial transformers, 20 motion modules, the last norm
  assert.equal(counts['GroupNorm'], 22 * 2 + 16 + 20 + 1)
  assert.equal(counts['BiasSplitGelu'], 16 + 20)
  assert.equal(counts['BiasAdd'], (16 + 20) * 3)
  assert.equal(counts['MultiHeadAttention'], (16 + 20) * 2)
  assert.equal(counts['NhwcConv'], 2 + 22 * 2 + 3 + 3)
  assert.equal(counts['Conv'], undefined)

  const vae = partsOf(fileOf(sd15Vae())).vae!
  const decoder = new Graph('vae')
  const w = new Weights({ graph: decoder, target: cuda(able('float32')), file: 'sd15', tensors: vae })
  decoder.output('pictures', vaeDecoder(w, decoder.input('latents', 'float32', [1, 4, 64, 64]), vaeArchitecture(vae)))
  const inVae = holdToKernels(decoder)
  assert.equal(inVae['GroupNorm'], 14 * 2 + 1 + 1)
  assert.equal(inVae['MultiHeadAttention'], undefined, 'no kernel takes one head of 512')
})

test('a resnet block for CUDA reads as it should', () => {
  const { unet: tensors } = partsOf(fileOf(sd15UNet()))
  const graph = new Graph('resnet')
  const w = new Weights({ graph, target: cuda(able('float16')), file: 'sd15', tensors: tensors! }).at('down_blocks.1.resnets.0')
  const x = graph.input('x', 'float16', [2, 8, 8, 320])
  graph.output('y', resnetBlock(w, x, graph.input('temb', 'float16', [1, 1280]), 640, { groups: 32, epsilon: 1e-5 }))
  const lines = printGraph(graph).split('\n')
  const ops = lines.filter((line) => line.includes(' = ')).map((line) => /= (?:com\.microsoft\.)?(\w+)\(/.exec(line)![1]!)
  assert.deepEqual(
    ops.filter((op) => op !== 'Cast'),
    [
      'GroupNorm',
      'Transpose',
      'NhwcConv',
      'QuickGelu',
      'FusedMatMul',
      'Add',
      'Reshape',
      'Add',
      'GroupNorm',
      'Transpose',
      'NhwcConv',
    ].concat(['Reshape', 'FusedMatMul', 'Add', 'Add', 'Identity']),
    lines.join('\n'),
  )
})

test('for WebGPU no score matrix of a full-size animation passes a buffer of 128 MiB', () => {
  const { unet: tensors } = partsOf(fileOf(sd15UNet()))
  for (const type of ['float16', 'float32'] as const) {
    const graph = new Graph('unet')
    const weights = new Weights({ graph, target: webgpu({ type, fused: new Set() }), file: 'sd15', tensors: tensors! })
    const context = graph.input('context', 'float32', [1, 77, 768])
    const time = graph.input('time', 'float32', [1, 320])
    graph.output('noise', unet(weights, graph.input('sample', 'float32', [16, 4, 64, 64]), time, context, unetArchitecture(tensors!), null))
    const scores = graph.nodes.filter(({ op }) => op === 'Softmax').map(({ outputs }) => outputs[0]!.shape.reduce((a, b) => a * b))
    assert.ok(Math.max(...scores) * (type === 'float16' ? 2 : 4) <= 128 * 2 ** 20)
    assert.ok(graph.nodes.length < 6000, `${graph.nodes.length} nodes`)
  }
})
