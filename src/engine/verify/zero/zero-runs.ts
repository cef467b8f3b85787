// Runs of Text2Video-Zero with what its answers were made of: their noise, contexts and nets.
// F frames  C channels  h w latent sides  H W pixels  L tokens  D token width

import { concat } from '../../arrays/concat.ts'
import { swapAxes } from '../../arrays/swap-axes.ts'
import { timestepEmbedding } from '../../nets/unet.ts'
import type { Generator } from '../../noise.ts'
import { type Context, denoise } from '../../pipeline/denoise.ts'
import { decoderGraph, unetGraph } from '../../pipeline/graphs.ts'
import type { Model } from '../../pipeline/model/model.ts'
import type { Nets } from '../../pipeline/nets.ts'
import type { MotionStrength } from '../../pipeline/zero/motion-field.ts'
import { textToVideoZero } from '../../pipeline/zero/text-to-video-zero.ts'
import type { Session } from '../../runtime/session.ts'
import type { Schedule } from '../../samplers/schedule.ts'
import type { ReferenceTensors } from '../reference-tensors.ts'
import type { TestSession } from '../test-session.ts'

export interface ZeroRun {
  readonly steps: number
  readonly guidance: number
  readonly strength: MotionStrength
  readonly bounds: { readonly t0: number; readonly t1: number }
  readonly numbers: readonly number[]
}

/** Negative, then prompt: [L, D] each. */
export function halvesOf(answers: ReferenceTensors): [Float32Array, Float32Array] {
  const both = answers.values('context')
  return [both.subarray(0, both.length / 2), both.subarray(both.length / 2)]
}

export interface ZeroSessions {
  readonly first: Pick<Nets, 'predictNoise'>
  all(frames: number): Pick<Nets, 'predictNoise'>
  release(): Promise<void>
}

/** Sessions for one frame, and for as many as a run has, loaded when they are first asked. */
export function zeroNets(model: Model, answers: ReferenceTensors, { target, load }: TestSession): ZeroSessions {
  const [, , h, w] = answers.shape('x_T') as [number, number, number, number]
  const [, tokens] = answers.shape('context') as [number, number]
  const loaded = new Map<number, Promise<Session>>()
  const netsOf = (frames: number): Pick<Nets, 'predictNoise'> => ({
    async predictNoise(sample, t, contexts) {
      const known = loaded.get(frames) ?? load(unetGraph(model, target, { animations: 1, frames, h, w, tokens, crossFrames: frames > 1 }))
      loaded.set(frames, known)
      const session = await known
      const time = timestepEmbedding(t, model.unet.architecture.widths[0]!)
      return Promise.all(contexts.map(async (context) => (await session.run({ sample, time, context }))['noise']!))
    },
  })
  return {
    first: netsOf(1),
    all: netsOf,
    async release() {
      for (const session of loaded.values()) await (await session).release()
    },
  }
}

export function scheduleOf({ steps, guidance }: ZeroRun): Schedule {
  return { sampler: { name: 'ddim', steps, betas: 'scaled_linear', spacing: 'leading', stepsOffset: 1, end: 'first' }, guidance, notes: [] }
}

export const contextIn = (answers: ReferenceTensors) => (): Context => {
  const [negative, prompt] = halvesOf(answers)
  return { negative, parts: [{ context: prompt, weight: 1 }] }
}

export const shapeOf = (answers: ReferenceTensors) => answers.shape('x_T').slice(1) as [number, number, number]

/** The latents after each of the first frame's steps. */
export async function firstAlone(
  run: ZeroRun,
  answers: ReferenceTensors,
  { first }: ZeroSessions,
  most = run.steps,
): Promise<Float32Array[]> {
  const generator: Generator = { normal: () => answers.values('x_T') }
  const all: Float32Array[] = []
  const settings = { frames: 1, schedule: scheduleOf(run), generator }
  for await (const { latents } of denoise(first, contextIn(answers), shapeOf(answers), settings)) if (all.push(latents) === most) break
  return all
}

/** The latents after each step of the clip, those of the first frame alone before them; the noise is the answers', frames first. */
export async function clip(
  noise: string,
  run: ZeroRun,
  answers: ReferenceTensors,
  { first, all }: ZeroSessions,
  foregrounds?: Float32Array,
): Promise<Float32Array[]> {
  const drawn = [answers.values('x_T'), answers.values(noise)]
  const generator: Generator = { normal: () => drawn.shift()! }
  const frames = run.numbers.length
  const { strength, numbers, bounds } = run
  const settings = { ...{ strength, numbers, bounds, frames, schedule: scheduleOf(run), generator }, ...(foregrounds && { foregrounds }) }
  const nets = { first, all: all(frames), atOnce: frames }
  const steps: Float32Array[] = []
  for await (const { latents } of textToVideoZero(nets, contextIn(answers), shapeOf(answers), settings)) steps.push(latents)
  return steps
}

/** Every frame from noise of its own: the first frame's start and `plain_noise`, [1, C, F − 1, h, w]. */
export async function withoutField(run: ZeroRun, answers: ReferenceTensors, { all }: ZeroSessions): Promise<Float32Array> {
  const [frames, C, h, w] = answers.shape('plain.x_T') as [number, number, number, number]
  const own = swapAxes(answers.values('plain_noise'), [1, C, frames - 1, h * w])
  const latents = concat([answers.values('x_T'), own])
  const generator: Generator = { normal: () => new Float32Array() }
  const settings = { frames, schedule: scheduleOf(run), generator, resume: { latents, call: 0 } }
  let last = latents
  for await (const step of denoise(all(frames), contextIn(answers), shapeOf(answers), settings)) last = step.latents
  return last
}

/** [F, 3, H, W] in 0..1 */
export async function decoded(
  model: Model,
  latents: Float32Array,
  answers: ReferenceTensors,
  { vaeTarget, load }: TestSession,
): Promise<Float32Array> {
  const [C, h, w] = shapeOf(answers)
  const { scalingFactor } = model.vae.architecture
  const session = await load(decoderGraph(model, vaeTarget, { pictures: latents.length / (C * h * w), h, w }))
  try {
    const { pictures } = await session.run({ latents: latents.map((value) => value / scalingFactor) })
    return pictures!.map((value) => Math.min(1, Math.max(0, value / 2 + 0.5)))
  } finally {
    await session.release()
  }
}
