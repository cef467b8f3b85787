// The denoising loop: from noise, by steps of UNet, guidance and sampler, to latents. A generator: the caller owns progress, previews and
// stopping, and nothing goes on when the caller does not.
// F frames  h w latent sides  L text tokens  D token width

import { swapAxes } from '../arrays/swap-axes.ts'
import { UserError } from '../errors.ts'
import type { WeightedWindow } from '../nets/motion.ts'
import type { Generator } from '../noise.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { createSampler } from '../samplers/create-sampler.ts'
import { dataScale } from '../samplers/noise-levels.ts'
import type { Schedule } from '../samplers/schedule.ts'
import { weightedSum } from '../samplers/weighted-sum.ts'
import { firstCallFor, holdKnown, noised } from './clip/known-frames.ts'
import { type ClipCall, predictInWindows } from './clip/predict-in-windows.ts'
import type { ClipText } from './clip/travelling-text.ts'
import type { Nets } from './nets.ts'

export interface DenoiseSettings {
  readonly frames: number
  readonly schedule: Schedule
  /** Seeded; drawn from once for the first noise, and again by samplers that add some. */
  readonly generator: Generator
  /** The first noise [F, 4, h, w] in another order of frames. */
  readonly rearrange?: (noise: Float32Array) => Float32Array
  /** Context windows at a call, of as many frames as the nets are for; absent: one, of all frames. */
  readonly windowsAt?: (call: number) => readonly WeightedWindow[]
  /** Of every frame, [F], instead of the schedule's. */
  readonly guidance?: Float64Array
  /** What LoRA's strengths are multiplied by at every frame, [F]. */
  readonly strengths?: Float64Array
  /** What a SparseCtrl is shown of these frames. */
  readonly controlOf?: ClipCall['controlOf']
  /** Latents of the first frames, [K, 4, h, w], which stay as they are. */
  readonly known?: Float32Array
  /** A clip [F, 4, h, w] to begin from instead of noise. */
  readonly variation?: { readonly latents: Float32Array; readonly strength: number }
  /** Latents [F, 4, h, w] as they are at a call; the ones before it are not made, and no first noise is drawn. */
  readonly resume?: { readonly latents: Float32Array; readonly call: number }
}

/** What the UNet attends to at a call, texts [L, D] of equal length; a prompt may change from call to call, and over the frames. */
export interface Context<Text extends ClipText = ClipText> {
  /** What AND joins: at least one; weights may be given for every frame, [F]. */
  readonly parts: readonly { readonly context: Text; readonly weight: number | Float64Array }[]
  readonly negative: Text
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
  settings: DenoiseSettings,
  signal?: AbortSignal,
): AsyncGenerator<Step, Float32Array> {
  const { frames, schedule, generator, known, variation, strengths, controlOf, resume } = settings
  const sampler = createSampler(schedule.sampler)
  const [channels, h, w] = latentShape
  // The noise of an animation is one draw of [4, F, h, w], as AnimateDiff draws it; the nets want [F, 4, h, w].
  const noise = () => swapAxes(generator.normal(channels * frames * h * w), [1, channels, frames, h * w])
  const windowsAt = settings.windowsAt ?? (() => [wholeClip(frames)])
  // A window of nothing but known frames says nothing that is not known.
  const knownFrames = known ? known.length / (channels * h * w) : 0
  const needed = (window: WeightedWindow): boolean => window.frames.some((frame) => frame >= knownFrames)
  const guidance = settings.guidance ?? new Float64Array(frames).fill(schedule.guidance)
  const unguided = new Float64Array(frames).fill(1)

  const drawnNoise = resume ? resume.latents : noise()
  const firstNoise = settings.rearrange?.(drawnNoise) ?? drawnNoise
  const firstCall = resume ? resume.call : variation ? firstCallFor(variation.strength, sampler) : 0
  let x: Float32Array = resume
    ? resume.latents
    : variation
      ? noised(sampler, variation.latents, firstNoise, firstCall)
      : firstNoise.map((value) => value * sampler.initialScale)
  if (known) holdKnown(sampler, x, known, firstNoise, firstCall)

  const skipped = resume ? 0 : firstCall // those before a resumed call were made by somebody
  const calls = sampler.timesteps.length
  const guidedCalls = Math.round((schedule.guidanceEnd ?? 1) * calls)
  for (const [i, t] of sampler.timesteps.entries()) {
    if (i < firstCall) continue
    signal?.throwIfAborted()
    const sample = sampler.input(x, i)
    const windows = windowsAt(i).filter(needed)
    const predict: Predict = (texts) =>
      predictInWindows(nets.predictNoise, { sample, t, texts, frames, windows, ...omitUndefined({ strengths, controlOf }) }, signal)
    const said = await guided(predict, contextAt(i), i < guidedCalls ? guidance : unguided)
    const eps = schedule.predictsVelocity ? noiseIn(said, sample, sampler.sigmas[i]!) : said
    if (Number.isNaN(eps.at(-1))) throw brokenNoise(t)
    const before = x
    x = sampler.step(before, eps, i, noise)
    if (known) holdKnown(sampler, x, known, firstNoise, i + 1)
    yield { step: i + 1 - skipped, of: calls - skipped, latents: x, guess: () => sampler.denoised(before, eps, i) }
  }
  signal?.throwIfAborted()
  return x
}

const wholeClip = (frames: number): WeightedWindow => ({
  frames: Array.from({ length: frames }, (_, frame) => frame),
  weights: Array(frames).fill(1),
})

/**
 * The noise ε in a velocity v = √ᾱ ε − √(1−ᾱ) x₀ at x = √ᾱ x₀ + √(1−ᾱ) ε: √ᾱ v + √(1−ᾱ) x. Salimans and Ho, arXiv 2202.00512, appendix D.
 * @param x as the net saw it
 * @param sigma √((1−ᾱ)/ᾱ)
 */
function noiseIn(v: Float32Array, x: Float32Array, sigma: number): Float32Array {
  const root = 1 / dataScale(sigma)
  return weightedSum(root, v, root * sigma, x)
}

/** The noise [F, 4, h, w] for each text. */
type Predict = (texts: readonly ClipText[]) => Promise<Float32Array[]>

/**
 * Classifier-free guidance (Ho and Salimans, arXiv 2207.12598): away from the negative, towards each part of the prompt:
 * ε = ε₋ + guidance · Σ wᵢ (εᵢ − ε₋), in every frame with its own. At 1 and below a whole prompt alone is asked.
 * @param guidance [F]
 */
async function guided(predict: Predict, { parts, negative }: Context, guidance: Float64Array): Promise<Float32Array> {
  const [only] = parts
  if (guidance.every((strength) => strength <= 1) && parts.length === 1 && only!.weight === 1) return (await predict([only!.context]))[0]!
  const heard = parts.filter(({ weight }) => weight !== 0)
  const [away, ...towards] = await predict([negative, ...heard.map(({ context }) => context)])
  const eps = away!.slice()
  const each = eps.length / guidance.length
  for (const [n, { weight }] of heard.entries()) {
    for (const [frame, strength] of guidance.entries()) {
      const by = Math.max(strength, 1) * (typeof weight === 'number' ? weight : weight[frame]!)
      for (let i = frame * each; i < (frame + 1) * each; i++) eps[i]! += by * (towards[n]![i]! - away![i]!)
    }
  }
  return eps
}

const brokenNoise = (t: number): UserError =>
  new UserError(
    'not-a-number',
    `The UNet gave no number at timestep ${t}: the checkpoint, the motion module or a LoRA holds broken weights (NaN).`,
    { t },
  )
