// The nets one by one against a folder of reference tensors: text encoder, VAE, UNet, and the UNet with each motion module.
// B animations  F frames  h w latent sides  L tokens  D token width  T timestep

import { timestepEmbedding } from '../nets/unet.ts'
import { decoderGraph, encoderGraph, textGraph, unetGraph } from '../pipeline/graphs.ts'
import type { Model } from '../pipeline/model.ts'
import { type Adapters, noRuntimeAdapters, rankIn } from '../pipeline/runtime-adapters.ts'
import { swapAxes } from '../swap-axes.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import { type Comparison, compare } from './comparison.ts'
import type { ReferenceTensors } from './reference-tensors.ts'
import { runOnce, type TestSession } from './test-session.ts'
import { tolerancesFor } from './tolerance.ts'

export async function* checkText(
  model: Model,
  prompts: readonly string[],
  answers: ReferenceTensors,
  session: TestSession,
): AsyncGenerator<Comparison> {
  const ids = Int32Array.from(answers.values('text.ids'))
  const [, L] = answers.shape('text.ids') as [number, number]
  const tokenized = prompts.flatMap((prompt) => [...paddedIds(model.tokenizer, prompt, L)])
  yield compare('text.ids', 'differing', tokenized, ids, 0)
  for (const [name, clipSkip] of [
    ['text.last_hidden_state', 1],
    ['text.clip_skip_2', 2],
  ] as const) {
    if (!answers.has(name)) continue
    const graph = textGraph(model, session.target, { prompts: answers.shape('text.ids')[0]!, clipSkip })
    const [result] = await runOnce(session, graph, [{ ids }])
    yield compare(name, 'relative', result!.hidden!, answers.values(name), tolerancesFor(session.target, graph).net)
  }
}

/** As transformers gives them: start, as much of the text as fits, end, padding. */
export function paddedIds({ start, end, pad, encode }: Tokenizer, text: string, length: number): Int32Array {
  const ids = new Int32Array(length).fill(pad)
  ids.set([start, ...encode(text).slice(0, length - 2), end])
  return ids
}

export async function* checkVae(model: Model, answers: ReferenceTensors, session: TestSession): AsyncGenerator<Comparison> {
  const { scalingFactor, factor, decoder, encoder } = model.vae.architecture
  if (decoder && answers.has('vae.decoded')) {
    const [pictures, , h, w] = answers.shape('vae.latent') as [number, number, number, number]
    const graph = decoderGraph(model, session.vaeTarget, { pictures, h, w })
    const [result] = await runOnce(session, graph, [{ latents: answers.values('vae.latent').map((value) => value / scalingFactor) }])
    yield compare('vae.decoded', 'relative', result!.pictures!, answers.values('vae.decoded'), tolerancesFor(session.vaeTarget, graph).net)
  }
  if (encoder && answers.has('vae.encoded_mean')) {
    const [pictures, , H, W] = answers.shape('vae.image') as [number, number, number, number]
    const graph = encoderGraph(model, session.vaeTarget, { pictures, h: H / factor, w: W / factor })
    const [result] = await runOnce(session, graph, [{ pictures: answers.values('vae.image') }])
    const mean = result!.mean!.map((value) => value * scalingFactor)
    yield compare('vae.encoded_mean', 'relative', mean, answers.values('vae.encoded_mean'), tolerancesFor(session.vaeTarget, graph).net)
  }
}

/** Stills: two at once, no motion module. */
export async function* checkUNet(model: Model, answers: ReferenceTensors, session: TestSession): AsyncGenerator<Comparison> {
  const [pictures, , h, w] = answers.shape('unet.sample') as [number, number, number, number]
  const graph = unetGraph(model, session.target, { animations: pictures, frames: 1, h, w, tokens: answers.shape('unet.context')[1]! })
  const time = timestepEmbedding(answers.values('unet.timestep')[0]!, model.unet.architecture.widths[0]!)
  const feed = { sample: answers.values('unet.sample'), time, context: answers.values('unet.context') }
  const [result] = await runOnce(session, graph, [feed])
  yield compare('unet.eps', 'relative', result!.noise!, answers.values('unet.eps'), tolerancesFor(session.target, graph).net)
}

/** An answer of the UNet with motion, for `motion.sample` at timestep `t`. */
export interface MotionAnswer {
  readonly name: string
  readonly t: number
}

export interface Told {
  /** [B, L, D]; `motion.context` where absent. */
  readonly context?: Float32Array | undefined
  /** What runs beside the weights. */
  readonly adapters?: Adapters
}

export async function* checkMotion(
  model: Pick<Model, 'unet' | 'text' | 'motion'>,
  wanted: readonly MotionAnswer[],
  answers: ReferenceTensors,
  session: TestSession,
  { context = answers.values('motion.context'), adapters = noRuntimeAdapters(model).unet(true) }: Told = {},
): AsyncGenerator<Comparison> {
  const [animations, C, frames, h, w] = answers.shape('motion.sample') as [number, number, number, number, number]
  const sample = swapAxes(answers.values('motion.sample'), [animations, C, frames, h * w])
  const tokens = answers.shape('motion.context')[1]!
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
    yield compare(name, 'relative', noise, answers.values(name), tolerancesFor(session.target, graph).net)
  }
}
