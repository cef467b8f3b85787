// A sampler (diffusers: scheduler): one rule for stepping from noise to a picture. Rules know arrays and numbers, nothing of nets or
// frames. A sampler object belongs to one run: multi-step rules keep what the net said before.

import type { Betas, SamplerName, Spacing } from '../draw-settings.ts'

export interface Sampler {
  readonly name: SamplerName
  /** What the net is given, one per call: descending, fractional for some (PNDM calls twice at its second). */
  readonly timesteps: readonly number[]
  /** √((1−ᾱ)/ᾱ) at each call, and where the run ends: one more than `timesteps`. */
  readonly sigmas: readonly number[]
  /** Unit noise times this is the first x. */
  readonly initialScale: number
  /** Whether `step` draws noise. */
  readonly stochastic: boolean
  /** x as the net wants it at call i; x itself where nothing is scaled. */
  input(x: Float32Array, i: number): Float32Array
  /** The next x, a new array. `eps` is what the net predicted at call i; calls come in order. `noise` is called only where some is added. */
  step(x: Float32Array, eps: Float32Array, i: number, noise: () => Float32Array): Float32Array
  /** The picture as it is guessed at call i, a new array; for previews. */
  denoised(x: Float32Array, eps: Float32Array, i: number): Float32Array
}

export interface SamplerConfig {
  readonly name: SamplerName
  readonly steps: number
  readonly betas: Betas
  /** Default 0.00085. */
  readonly betaStart?: number
  /** Default 0.012. */
  readonly betaEnd?: number
  /** After the last training step nothing of the picture is left; default false. */
  readonly zeroTerminalSnr?: boolean
  /** Ignored by the Karras samplers and LCM, which have lists of their own. */
  readonly spacing: Spacing
  /** Added to leading timesteps; default 1. */
  readonly stepsOffset?: number
  /** What the last step steps to: no noise at all (default, AnimateDiff), or the noise of t = 0 (Stable Diffusion's DDIM and PNDM). */
  readonly end?: 'clean' | 'first'
  /** LCM: how many steps its teacher took, default 50. */
  readonly originalSteps?: number
  /** DDIM: 0 adds no noise (default), 1 as much as DDPM. */
  readonly eta?: number
}

/** A configuration with every default filled in. */
export type SamplerSettings = Required<SamplerConfig>
