// From a sentence to frames: text → context; noise → steps of (UNet, guidance, sampler) → latents → frames. A generator: the caller owns
// progress, previews and stopping, and nothing goes on when the caller does not.
// F frames  h w latent sides  L text tokens  D token width

import { UserError } from '../errors.ts'
import type { Generator } from '../noise.ts'
import { createSampler } from '../samplers/create-sampler.ts'
import type { Schedule } from '../samplers/schedule.ts'
import { swapAxes } from '../swap-axes.ts'
import type { Nets, Size } from './nets.ts'

export interface DenoiseSettings {
  readonly frames: number
  readonly schedule: Schedule
  /** Seeded; drawn from once for the first noise, and again by samplers that add some. */
  readonly generator: Generator
}

/** What the nets are told at a call, texts [L, D] of equal length; a prompt may change from call to call. */
export interface Context {
  /** What AND joins: at least one. */
  readonly parts: readonly { readonly context: Float32Array; readonly weight: number }[]
  readonly negative: Float32Array
}

export interface Step {
  /** Steps that are done, from 1. */
  readonly step: number
  readonly of: number
  /** After this step, [F, 4, h, w]. */
  readonly latents: Float32Array
  /** The picture as it is guessed now, [F, 4, h, w]; costs a little, so it is computed when called. */
  readonly guess: () => Float32Array
}

/** Latents [F, 4, h, w]; stops between steps when `signal` is aborted, with its reason. */
export async function* denoise(
  nets: Pick<Nets, 'predictNoise'>,
  contextAt: (step: number) => Context,
  latentShape: readonly [channels: number, h: number, w: number],
  { frames, schedule, generator }: DenoiseSettings,
  signal?: AbortSignal,
): AsyncGenerator<Step, Float32Array> {
  const sampler = createSampler(schedule.sampler)
  const [channels, h, w] = latentShape
  // The noise of an animation is one draw of [4, F, h, w], as AnimateDiff draws it; the nets want [F, 4, h, w].
  const noise = () => swapAxes(generator.normal(channels * frames * h * w), [1, channels, frames, h * w])

  let x: Float32Array = noise().map((value) => value * sampler.initialScale)
  const calls = sampler.timesteps.length
  for (const [i, t] of sampler.timesteps.entries()) {
    signal?.throwIfAborted()
    const eps = await guided(nets, sampler.input(x, i), t, contextAt(i), schedule.guidance)
    if (Number.isNaN(eps[0])) throw brokenNoise(t)
    const before = x
    x = sampler.step(before, eps, i, noise)
    yield { step: i + 1, of: calls, latents: x, guess: () => sampler.denoised(before, eps, i) }
  }
  signal?.throwIfAborted()
  return x
}

/**
 * Classifier-free guidance (Ho and Salimans, arXiv 2207.12598): away from the negative, towards each part of the prompt:
 * ε = ε₋ + guidance · Σ wᵢ (εᵢ − ε₋). At 1 and below a whole prompt alone is asked.
 */
async function guided(
  nets: Pick<Nets, 'predictNoise'>,
  input: Float32Array,
  t: number,
  { parts, negative }: Context,
  guidance: number,
): Promise<Float32Array> {
  const strength = Math.max(guidance, 1)
  const [only] = parts
  if (strength === 1 && parts.length === 1 && only!.weight === 1) return (await nets.predictNoise(input, t, [only!.context]))[0]!
  const heard = parts.filter(({ weight }) => weight !== 0)
  const [away, ...towards] = await nets.predictNoise(input, t, [negative, ...heard.map(({ context }) => context)])
  const eps = away!.slice()
  for (const [n, { weight }] of heard.entries()) {
    const by = strength * weight
    for (let i = 0; i < eps.length; i++) eps[i]! += by * (towards[n]![i]! - away![i]!)
  }
  return eps
}

const brokenNoise = (t: number): UserError =>
  new UserError(
    'not-a-number',
    `The UNet gave no number at timestep ${t}: the checkpoint, the motion module or a LoRA holds broken weights (NaN).`,
    { t },
  )

/** Sides are multiples of this many pixels, whatever the nets halve: an odd side's upper half is one larger. */
export const sideStep = 8

/** @throws UserError naming what does not fit */
export function checkSize(
  { frames, width, height }: Size,
  { factor, maxFrames, hasMotion }: { factor: number; maxFrames: number; hasMotion: boolean },
): void {
  if (!Number.isInteger(frames) || frames < 1 || frames > 32) {
    throw new UserError('frames', `An animation has 1 to 32 frames, not ${frames}.`, { frames, most: 32 })
  }
  if (frames > 1 && !hasMotion) {
    throw new UserError(
      'motion-missing',
      `Without a motion module only stills can be drawn: give one with --motion FILE, or ask for 1 frame instead of ${frames}.`,
      { frames },
    )
  }
  if (frames > maxFrames) {
    throw new UserError('frames', `This motion module was trained on at most ${maxFrames} frames, not ${frames}.`, {
      frames,
      most: maxFrames,
    })
  }
  for (const [name, side] of [
    ['width', width],
    ['height', height],
  ] as const) {
    if (!Number.isInteger(side) || side < sideStep * factor || side > 2048 || side % sideStep !== 0) {
      throw new UserError('size', `The ${name} is a multiple of ${sideStep} from ${sideStep * factor} to 2048 pixels, not ${side}.`, {
        name,
        side,
      })
    }
  }
}
