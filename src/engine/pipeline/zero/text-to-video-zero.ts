// Text2Video-Zero: a clip out of a model of stills. The first frame is drawn a little way; the others are it, moved, with fresh noise; from there
// all are drawn together, each looking at the first. Khachatryan et al., "Text2Video-Zero" (arXiv 2303.13439), algorithm 1.
// F frames  C channels  h w latent sides

import { concat } from '../../arrays/concat.ts'
import { UserError } from '../../errors.ts'
import type { WeightedWindow } from '../../nets/motion.ts'
import type { Generator } from '../../noise.ts'
import { alphasFor, createSampler } from '../../samplers/create-sampler.ts'
import type { Schedule } from '../../samplers/schedule.ts'
import { type Context, denoise, type Step } from '../denoise.ts'
import type { Nets } from '../nets.ts'
import { smoothBackground } from './background-smoothing.ts'
import { type MotionStrength, motionGrid, warp } from './motion-field.ts'

export interface ZeroSettings {
  readonly frames: number
  readonly schedule: Schedule
  /** Drawn from for the first frame's noise [C, h, w], then for that of the others [F − 1, C, h, w]. */
  readonly generator: Generator
  /** Absent: the authors'. */
  readonly strength?: MotionStrength
  /** Which frames of the clip these are, from 0; absent: its first. */
  readonly numbers?: readonly number[]
  /** Of the timesteps, counted upwards: to where the first frame is drawn, and from where all are. Absent: the authors' share of the way. */
  readonly bounds?: ZeroBounds
  /** Of each frame [F]; absent: the schedule's for all. */
  readonly guidance?: Float64Array
  /** For background smoothing: see background-smoothing.ts. */
  readonly foregrounds?: ArrayLike<number>
}

export interface ZeroBounds {
  readonly t0: number
  readonly t1: number
}

/** The nets of one frame, and of some whose self-attention looks at the first of them. */
export interface ZeroNets {
  readonly first: Pick<Nets, 'predictNoise'>
  readonly all: Pick<Nets, 'predictNoise'>
  /** How many those are. */
  readonly atOnce: number
}

/** Pixels of the canvas, of 512 (model.py: motion_field_strength_x, motion_field_strength_y). */
const usualStrength: MotionStrength = [12, 12]

/** 881 and 941 of 50 steps. @throws UserError `zero-steps` */
export function zeroBounds(steps: number): ZeroBounds {
  const t1 = Math.min(steps - 1, Math.floor((47 / 50) * steps))
  const t0 = Math.min(t1 - 1, Math.floor((44 / 50) * steps))
  if (t0 >= 0) return { t0, t1 }
  throw new UserError('zero-steps', `Text2Video-Zero takes at least 3 steps, not ${steps}.`, { steps })
}

/** @throws UserError `zero-sampler`, `zero-steps` */
export function refuseForZero({ sampler: { name, steps } }: Schedule): void {
  if (name !== 'ddim') {
    throw new UserError(
      'zero-sampler',
      `Text2Video-Zero goes back and forth between steps, which it can with ddim alone, not with ${name}.`,
      {
        name,
      },
    )
  }
  zeroBounds(steps)
}

/** Latents [F, C, h, w], as denoise.ts yields them. */
export async function* textToVideoZero(
  { first, all, atOnce }: ZeroNets,
  contextAt: (call: number) => Context,
  latentShape: readonly [channels: number, h: number, w: number],
  { frames, schedule, generator, foregrounds, guidance, ...settings }: ZeroSettings,
  signal?: AbortSignal,
): AsyncGenerator<Step, Float32Array> {
  const [C, h, w] = latentShape
  const { timesteps } = createSampler(schedule.sampler)
  const { t0, t1 } = settings.bounds ?? zeroBounds(timesteps.length)
  const [begin, end] = [timesteps.length - 1 - t1, timesteps.length - 1 - t0]

  const noiseOfFirst = generator.normal(C * h * w)
  const firstAt = new Map([[0, noiseOfFirst]])
  const fromNoise = {
    ...{ frames: 1, schedule, generator, resume: { latents: noiseOfFirst, call: 0 } },
    ...(guidance && { guidance: guidance.subarray(0, 1) }),
  }
  const alone = denoise(first, contextAt, latentShape, fromNoise, signal)
  for (let done = 0; done < end; done++) {
    const { value, done: over } = await alone.next()
    if (over) break
    firstAt.set(value.step, value.latents)
    if (value.step <= begin) yield { ...value, latents: repeated(value.latents, frames), guess: () => repeated(value.guess(), frames) }
  }
  await alone.return(new Float32Array())

  const numbers = settings.numbers ?? Array.from({ length: frames }, (_, k) => k)
  const grids = numbers.slice(1).map((k) => motionGrid(k, h, w, settings.strength ?? usualStrength))
  const moved = grids.map((grid) => warp(firstAt.get(end)!, grid, h, w))
  const noise = generator.normal(moved.length * (moved[0]?.length ?? 0))
  const start = concat([firstAt.get(begin)!, ...forwardJump(moved, noise, timesteps[end]!, timesteps[begin]!, schedule)])
  const windows = crossFrameWindows(frames, atOnce)
  const latents = foregrounds ? smoothBackground(start, foregrounds, grids, { h, w }) : start
  const together = {
    ...{ frames, schedule, generator, windowsAt: () => windows, resume: { latents, call: begin } },
    ...(guidance && { guidance }),
  }
  return yield* denoise(all, contextAt, latentShape, together, signal)
}

/**
 * √a x + √(1 − a) ε with a = ᾱ(t1 − 1) / ᾱ(t0 − 1): the noise of the steps from t0 on, as the authors' loop counts them.
 * @param moved latents of each frame behind the first, whose noise lies end to end
 */
export function forwardJump(
  moved: readonly Float32Array[],
  noise: Float32Array,
  t0: number,
  t1: number,
  { sampler }: Schedule,
): Float32Array[] {
  const alphas = alphasFor(sampler)
  const left = (t: number): number => (t > 0 ? alphas[t - 1]! : 1)
  const a = left(t1) / left(t0)
  return moved.map((latents, k) => latents.map((value, i) => Math.sqrt(a) * value + Math.sqrt(1 - a) * noise[k * latents.length + i]!))
}

/** Windows that all begin with the first frame, which counts in one of them; every other frame counts once. */
export function crossFrameWindows(frames: number, atOnce: number): WeightedWindow[] {
  const length = Math.min(frames, Math.max(2, atOnce))
  const windows: WeightedWindow[] = []
  for (let next = 1; next < frames || windows.length === 0; next += length - 1) {
    const from = Math.min(next, Math.max(1, frames - length + 1)) // the last looks at some again
    const others = Array.from({ length: length - 1 }, (_, i) => from + i)
    windows.push({ frames: [0, ...others], weights: [windows.length === 0 ? 1 : 0, ...others.map((frame) => (frame >= next ? 1 : 0))] })
  }
  return windows
}

const repeated = (latents: Float32Array, frames: number): Float32Array => concat(Array<Float32Array>(frames).fill(latents))
