// The tiny reference nets written for any target, each with what goes in and what must come out (test/fixtures/tiny).
// B prompts or clips  F frames  N = B·F images

import * as architecture from '../../../src/engine/checkpoint/architecture.ts'
import { partsOf } from '../../../src/engine/checkpoint/dialects/parts.ts'
import { openSafetensors } from '../../../src/engine/checkpoint/safetensors.ts'
import { float32Of, type Tensor } from '../../../src/engine/checkpoint/tensor.ts'
import { textEncoder, tokenEmbedding } from '../../../src/engine/nets/text-encoder.ts'
import { timestepEmbedding, unet } from '../../../src/engine/nets/unet.ts'
import { vaeDecoder, vaeEncoder } from '../../../src/engine/nets/vae.ts'
import { type Material, Weights } from '../../../src/engine/nets/weights.ts'
import { Graph } from '../../../src/engine/onnx/graph.ts'
import type { Feed, Session } from '../../../src/engine/runtime/session.ts'
import type { Target } from '../../../src/engine/targets/target.ts'

const folder = new URL('../../fixtures/tiny/', import.meta.url).pathname
const expected = openSafetensors(`${folder}expected.safetensors`).tensors
const parts = partsOf(openSafetensors(`${folder}checkpoint.safetensors`))

/** A reference tensor as float32. */
export const reference = (name: string): Float32Array => float32Of(expected.get(name)!)

/** ‖got − wanted‖ / ‖wanted‖ */
export function relativeError(got: Float32Array, wanted: Float32Array): number {
  if (got.length !== wanted.length) throw new Error(`${got.length} values, expected ${wanted.length}`)
  let error = 0
  let norm = 0
  for (const [i, value] of wanted.entries()) {
    error += (got[i]! - value) ** 2
    norm += value ** 2
  }
  return Math.sqrt(error / norm)
}

export interface TinyNet {
  readonly graph: Graph
  /** What each run is fed, and which reference tensors its outputs, by name, must equal. */
  readonly runs: readonly { readonly feeds: Readonly<Record<string, Feed>>; readonly outputs: Readonly<Record<string, Float32Array>> }[]
}

/** Runs everything and gives the relative error of each output. */
export async function errorsOf({ runs }: TinyNet, session: Session): Promise<number[]> {
  const errors: number[] = []
  for (const { feeds, outputs } of runs) {
    const got = await session.run(feeds)
    for (const [name, wanted] of Object.entries(outputs)) errors.push(relativeError(got[name]!, wanted))
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

/** Decoder and encoder in one graph; the scaling factor is taken into feeds and outputs. */
export function tinyVae(target: Target): TinyNet {
  const graph = new Graph('vae')
  const arch = architecture.vaeArchitecture(parts.vae!)
  const w = material(graph, target, parts.vae!)
  graph.output('decoded', vaeDecoder(w, graph.input('latents', 'float32', [2, 4, 16, 16]), arch))
  graph.output('mean', vaeEncoder(w, graph.input('pictures', 'float32', [1, 3, 128, 128]), arch))
  const unscaled = (values: Float32Array): Float32Array => values.map((value) => value / arch.scalingFactor)
  const feeds = { latents: unscaled(reference('vae.latent')), pictures: reference('vae.image') }
  return { graph, runs: [{ feeds, outputs: { decoded: reference('vae.decoded'), mean: unscaled(reference('vae.encoded_mean')) } }] }
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

/** Two clips of 16 frames at t = 961 and 41. */
export function tinyMotion(target: Target, version: 'v1' | 'v2' | 'v3', steps: readonly (961 | 41)[] = [961, 41]): TinyNet {
  const file = openSafetensors(`${folder}motion_${version}.safetensors`)
  const { motion, peRows } = partsOf(file)
  const graph = new Graph(`unet-${version}`)
  const w = material(graph, target, new Map([...parts.unet!, ...motion!]))
  const sample = graph.input('sample', 'float32', [32, 4, 16, 16])
  const time = graph.input('time', 'float32', [1, 32])
  const context = graph.input('context', 'float32', [2, 77, 64])
  const module = { frames: 16, architecture: architecture.motionArchitecture(motion!, { path: file.path, peRows: peRows! }) }
  graph.output('eps', unet(w, sample, time, context, architecture.unetArchitecture(parts.unet!), module))
  const runs = steps.map((t) => ({
    feeds: { sample: framesFirst(reference('motion.sample')), time: timestepEmbedding(t, 32), context: reference('motion.context') },
    outputs: { eps: framesFirst(reference(`motion.${version}.eps_t${t}`)) },
  }))
  return { graph, runs }
}

/** The reference code's [B, 4, F, h, w] → the nets' [(B F), 4, h, w] */
function framesFirst(x: Float32Array, [B, C, F, S]: readonly [number, number, number, number] = [2, 4, 16, 256]): Float32Array {
  const y = new Float32Array(x.length)
  for (let b = 0; b < B; b++)
    for (let c = 0; c < C; c++)
      for (let f = 0; f < F; f++) y.set(x.subarray(((b * C + c) * F + f) * S, ((b * C + c) * F + f + 1) * S), ((b * F + f) * C + c) * S)
  return y
}
