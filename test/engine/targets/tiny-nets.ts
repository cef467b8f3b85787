// The tiny reference nets written for any target, each with what goes in and what must come out (test/fixtures/tiny).
// B prompts or clips  F frames  N = B·F images

import { join } from 'node:path'
import { compare } from '../../../src/engine/arrays/comparison.ts'
import * as architecture from '../../../src/engine/checkpoint/architecture/architecture.ts'
import { motionArchitecture } from '../../../src/engine/checkpoint/architecture/motion-architecture.ts'
import { partsOf } from '../../../src/engine/checkpoint/dialects/parts.ts'
import { openSafetensors } from '../../../src/engine/checkpoint/safetensors/safetensors.ts'
import { float32Of, type Tensor } from '../../../src/engine/checkpoint/tensor/tensor.ts'
import { textEncoder, tokenEmbedding } from '../../../src/engine/nets/text-encoder.ts'
import { timestepEmbedding, unet } from '../../../src/engine/nets/unet.ts'
import { vaeDecoder, vaeEncoder } from '../../../src/engine/nets/vae.ts'
import { type Material, Weights } from '../../../src/engine/nets/weights.ts'
import { Graph } from '../../../src/engine/onnx/graph.ts'
import type { Feed, Session } from '../../../src/engine/runtime/session.ts'
import type { Target } from '../../../src/engine/targets/target.ts'

const folder = join(import.meta.dirname, '../../fixtures/tiny/')
const expected = openSafetensors(`${folder}expected.safetensors`).tensors
const parts = partsOf(openSafetensors(`${folder}checkpoint.safetensors`))

/** A reference tensor as float32. */
export const reference = (name: string): Float32Array => float32Of(expected.get(name)!)

export interface TinyNet {
  readonly graph: Graph
  /** What each run is fed, and which reference tensors its outputs, by name, must equal. */
  readonly runs: readonly { readonly feeds: Readonly<Record<string, Feed>>; readonly outputs: Readonly<Record<string, Float32Array>> }[]
}

/** Runs everything and gives the relative error ‖got − wanted‖ / ‖wanted‖ of each output. */
export async function errorsOf({ runs }: TinyNet, session: Session): Promise<number[]> {
  const errors: number[] = []
  for (const { feeds, outputs } of runs) {
    const got = await session.run(feeds)
    for (const [name, wanted] of Object.entries(outputs)) errors.push(compare(name, 'relative', got[name]!, wanted, Infinity).error)
  }
  return errors
}

function material(graph: Graph, target: Target, tensors: ReadonlyMap<string, Tensor>, more: Partial<Material> = {}): Weights {
  return new Weights({ graph, target, file: 'tiny', tensors, ...more })
}

/** Three prompts; outputs `last` and `earlier` (clip skip 2). */
export function tinyText(target: Target): TinyNet {
  const graph = new Graph('text')
  const arch = architecture.textArchitecture(parts.text!)
  const w = material(graph, target, parts.text!)
  const tokens = tokenEmbedding(w, graph.input('ids', 'int32', [3, 77]), arch)
  graph.output('last', textEncoder(w, tokens, arch, 1))
  graph.output('earlier', textEncoder(w, tokens, arch, 2))
  const ids = Int32Array.from(reference('text.ids'))
  return {
    graph,
    runs: [{ feeds: { ids }, outputs: { last: reference('text.last_hidden_state'), earlier: reference('text.clip_skip_2') } }],
  }
}

/** Decoder (of the first `pictures` latents) and encoder in one graph; the scaling factor is taken into feeds and outputs. */
export function tinyVae(target: Target, pictures: 1 | 2 = 2): TinyNet {
  const graph = new Graph('vae')
  const arch = architecture.vaeArchitecture(parts.vae!)
  const w = material(graph, target, parts.vae!)
  graph.output('decoded', vaeDecoder(w, graph.input('latents', 'float32', [pictures, 4, 16, 16]), arch))
  graph.output('mean', vaeEncoder(w, graph.input('pictures', 'float32', [1, 3, 128, 128]), arch))
  const unscaled = (values: Float32Array): Float32Array => values.map((value) => value / arch.scalingFactor)
  const first = (values: Float32Array): Float32Array => values.subarray(0, (values.length / 2) * pictures)
  const feeds = { latents: unscaled(first(reference('vae.latent'))), pictures: reference('vae.image') }
  return { graph, runs: [{ feeds, outputs: { decoded: first(reference('vae.decoded')), mean: unscaled(reference('vae.encoded_mean')) } }] }
}

/** Two stills at t = 481. */
export function tinyStill(target: Target, more: Partial<Material> = {}): TinyNet {
  const graph = new Graph('unet')
  const w = material(graph, target, parts.unet!, more)
  const arch = architecture.unetArchitecture(parts.unet!)
  const context = graph.input('context', 'float32', [2, 77, 64])
  graph.output(
    'eps',
    unet(w, graph.input('sample', 'float32', [2, 4, 16, 16]), graph.input('time', 'float32', [1, 32]), context, arch, null),
  )
  const feeds = { sample: reference('unet.sample'), time: timestepEmbedding(481, 32), context: reference('unet.context') }
  return { graph, runs: [{ feeds, outputs: { eps: reference('unet.eps') } }] }
}

interface MotionRuns {
  readonly steps?: readonly (961 | 41)[]
  /** How many of the two clips; they do not depend on each other. */
  readonly clips?: 1 | 2
}

/** Clips of 16 frames at t = 961 and 41. */
export function tinyMotion(target: Target, version: 'v1' | 'v2' | 'v3', { steps = [961, 41], clips = 2 }: MotionRuns = {}): TinyNet {
  const file = openSafetensors(`${folder}motion_${version}.safetensors`)
  const { motion, peRows } = partsOf(file)
  const graph = new Graph(`unet-${version}`)
  const w = material(graph, target, new Map([...parts.unet!, ...motion!]))
  const sample = graph.input('sample', 'float32', [clips * 16, 4, 16, 16])
  const time = graph.input('time', 'float32', [1, 32])
  const context = graph.input('context', 'float32', [clips, 77, 64])
  const module = { frames: 16, architecture: motionArchitecture(motion!, { path: file.path, peRows: peRows! }) }
  graph.output('eps', unet(w, sample, time, context, architecture.unetArchitecture(parts.unet!), module))
  const of = (name: string): Float32Array => {
    const both = reference(name)
    return both.subarray(0, (both.length / 2) * clips)
  }
  const runs = steps.map((t) => ({
    feeds: { sample: framesFirst(of('motion.sample'), clips), time: timestepEmbedding(t, 32), context: of('motion.context') },
    outputs: { eps: framesFirst(of(`motion.${version}.eps_t${t}`), clips) },
  }))
  return { graph, runs }
}

/** The reference code's [B, 4, F, S] → the nets' [(B F), 4, S] */
function framesFirst(x: Float32Array, B: number): Float32Array {
  const [C, F, S] = [4, 16, 256]
  const y = new Float32Array(x.length)
  for (let b = 0; b < B; b++)
    for (let c = 0; c < C; c++)
      for (let f = 0; f < F; f++) y.set(x.subarray(((b * C + c) * F + f) * S, ((b * C + c) * F + f + 1) * S), ((b * F + f) * C + c) * S)
  return y
}
