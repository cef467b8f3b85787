// Net verification, one by one, against a folder of reference tensors: text encoder, VAE, UNet, and the UNet with each motion module.
// B animations  F frames  h w latent sides  L tokens  D token width  T timestep

import { type Comparison, compare } from '../arrays/comparison.ts'
import { swapAxes } from '../arrays/swap-axes.ts'
import { timestepEmbedding } from '../nets/unet.ts'
import { decoderGraph, encoderGraph, textGraph, unetGraph } from '../pipeline/graphs.ts'
import { type Adapters, noRuntimeAdapters, rankIn } from '../pipeline/loras/runtime-adapters.ts'
import type { Model } from '../pipeline/model/model.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { ReferenceTensors } from './reference-tensors.ts'
import { runOnce, type TestSession } from './test-session.ts'
import { tolerancesFor } from './tolerance.ts'

export async function* checkText(
  model: Model,
  prompts: readonly string[],
  references: ReferenceTensors,
  session: TestSession,
): AsyncGenerator<Comparison> {
  const ids = Int32Array.from(references.values('text.ids'))
  const [, L] = references.shape('text.ids') as [number, number]
  const tokenized = prompts.flatMap((prompt) => [...paddedIds(model.tokenizer, prompt, L)])
  yield compare('text.ids', 'differing', tokenized, ids, 0)
  for (const [name, clipSkip] of [
    ['text.last_hidden_state', 1],
    ['text.clip_skip_2', 2],
  ] as const) {
    if (!references.has(name)) continue
    const graph = textGraph(model, session.target, { prompts: references.shape('text.ids')[0]!, clipSkip })
    const [result] = await runOnce(session, graph, [{ ids }])
    yield compare(name, 'relative', result!.hidden!, references.values(name), tolerancesFor(session.target, graph).net)
  }
}

/** As transformers gives them: start, as much of the text as fits, end, padding. */
export function paddedIds({ start, end, pad, encode }: Tokenizer, text: string, length: number): Int32Array {
  const ids = new Int32Array(length).fill(pad)
  ids.set([start, ...encode(text).slice(0, length - 2), end])
  return ids
}

export async function* checkVae(model: Model, references: ReferenceTensors, session: TestSession): AsyncGenerator<Comparison> {
  const { scalingFactor, factor, decoder, encoder } = model.vae.architecture
  if (decoder && references.has('vae.decoded')) {
    const [pictures, , h, w] = references.shape('vae.latent') as [number, number, number, number]
    const graph = decoderGraph(model, session.vaeTarget, { pictures, h, w })
    const [result] = await runOnce(session, graph, [{ latents: references.values('vae.latent').map((value) => value / scalingFactor) }])
    yield compare(
      'vae.decoded',
      'relative',
      result!.pictures!,
      references.values('vae.decoded'),
      tolerancesFor(session.vaeTarget, graph).net,
    )
  }
  if (encoder && references.has('vae.encoded_mean')) {
    const [pictures, , H, W] = references.shape('vae.image') as [number, number, number, number]
    const graph = encoderGraph(model, session.vaeTarget, { pictures, h: H / factor, w: W / factor })
    const [result] = await runOnce(session, graph, [{ pictures: references.values('vae.image') }])
    const mean = result!.mean!.map((value) => value * scalingFactor)
    yield compare('vae.encoded_mean', 'relative', mean, references.values('vae.encoded_mean'), tolerancesFor(session.vaeTarget, graph).net)
  }
}

/** Stills: two at once, no motion module. */
export async function* checkUNet(model: Model, references: ReferenceTensors, session: TestSession): AsyncGenerator<Comparison> {
  const [pictures, , h, w] = references.shape('unet.sample') as [number, number, number, number]
  const graph = unetGraph(model, session.target, { animations: pictures, frames: 1, h, w, tokens: references.shape('unet.context')[1]! })
  const time = timestepEmbedding(references.values('unet.timestep')[0]!, model.unet.architecture.widths[0]!)
  const feed = { sample: references.values('unet.sample'), time, context: references.values('unet.context') }
  const [result] = await runOnce(session, graph, [feed])
  yield compare('unet.eps', 'relative', result!.noise!, references.values('unet.eps'), tolerancesFor(session.target, graph).net)
}

/** An answer of the UNet with motion, for `motion.sample` at timestep `t`. */
export interface MotionReference {
  readonly name: string
  readonly t: number
}

export interface MotionInputs {
  /** [B, L, D]; `motion.context` where absent. */
  readonly context?: Float32Array | undefined
  /** What is applied at run time. */
  readonly adapters?: Adapters
}

export async function* checkMotion(
  model: Pick<Model, 'unet' | 'text' | 'motion'>,
  wanted: readonly MotionReference[],
  references: ReferenceTensors,
  session: TestSession,
  { context = references.values('motion.context'), adapters = noRuntimeAdapters(model).unet(true) }: MotionInputs = {},
): AsyncGenerator<Comparison> {
  const [animations, C, frames, h, w] = references.shape('motion.sample') as [number, number, number, number, number]
  const sample = swapAxes(references.values('motion.sample'), [animations, C, frames, h * w])
  const tokens = references.shape('motion.context')[1]!
  const { needed, feeds } = adapters
  const graph = unetGraph(model, session.target, { animations, frames, h, w, tokens, adapterRank: rankIn(model, needed) })
  const width = model.unet.architecture.widths[0]!
  const results = await runOnce(
    session,
    graph,
    wanted.map(({ t }) => ({ sample, time: timestepEmbedding(t, width), context, ...feeds(needed) })),
  )
  for (const [i, { name }] of wanted.entries()) {
    const noise = swapAxes(results[i]!.noise!, [animations, frames, C, h * w])
    yield compare(name, 'relative', noise, references.values(name), tolerancesFor(session.target, graph).net)
  }
}
