// FreeNoise: a long clip starts from the noise of one window, whose frames come again in other orders, so that all windows draw one scene.
// Qiu et al., "FreeNoise: Tuning-Free Longer Video Diffusion via Noise Rescheduling" (arXiv 2310.15169), as diffusers' free_noise_utils.py
// has it; its windows lie inside the motion modules.
// F frames of the clip  c frames of a window  s frames from one window to the next

import type { WeightedWindow } from '../../nets/motion.ts'
import { shareOut } from './fuse-weights.ts'
import { type Window, wrapped } from './windows.ts'

export interface FreeNoiseOptions {
  /** F */
  readonly frames: number
  /** c */
  readonly length: number
  /** s */
  readonly stride: number
}

/**
 * Which of the frames first drawn each frame repeats, [F]: from c on, s frames at a time are those of one window before, in a random order.
 * @param permute a random order of 0 … count − 1; called once for each s frames
 */
export function shuffledFrames(
  { frames: F, length: c, stride: s }: FreeNoiseOptions,
  permute: (count: number) => readonly number[],
): number[] {
  const sources = Array.from({ length: F }, (_, frame) => frame)
  for (let at = c; at < F; at += s) {
    const order = permute(s)
    for (let n = 0; n < s && at + n < F; n++) sources[at + n] = sources[at - c + order[n]!]!
  }
  return sources
}

/** noise [F, …] with its frames in the order of `sources` */
export function rearrangeFrames(noise: Float32Array, sources: readonly number[]): Float32Array {
  const each = noise.length / sources.length
  const out = new Float32Array(noise.length)
  for (const [frame, source] of sources.entries()) out.set(noise.subarray(source * each, (source + 1) * each), frame * each)
  return out
}

/**
 * FreeNoise's windows: c frames, s apart. Where they do not reach the end, one more ends there, and only what is new counts of it:
 * the authors' code has no such window, and diffusers' divides all its frames by the weight of the first, so that the last ones fade.
 * A closed clip has windows all around it instead: each frame then is at every place of a window as often as every other.
 * @param weightsOf a window's weights, [c]
 */
export function freeNoiseWindows(
  { frames: F, length: c, stride: s }: FreeNoiseOptions,
  weightsOf: (window: Window) => readonly number[],
  closed: boolean,
): WeightedWindow[] {
  const whole = F <= c ? 1 : Math.floor((F - c) / s) + 1
  const windows = Array.from({ length: closed ? Math.ceil(F / s) : whole }, (_, k) => wrapped(k * s, 1, Math.min(c, F), F))
  const weights = windows.map(weightsOf)
  const reached = windows.at(-1)!.at(-1)! + 1
  if (!closed && reached < F) {
    const last = wrapped(F - c, 1, c, F)
    windows.push(last)
    weights.push(weightsOf(last).map((weight, n) => (last[n]! < reached ? 0 : weight)))
  }
  return shareOut(windows, weights, F)
}
