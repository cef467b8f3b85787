// A sampler: one rule for stepping from noise to a picture. Rules know arrays and numbers, nothing of nets or frames.
// A sampler object belongs to one run: multi-step rules keep what the net said before.

import { UserError } from '../errors.ts'
import { alphasCumprod, type Betas, trainSteps } from './betas.ts'
import { ddim } from './ddim.ts'
import { dpmpp2m } from './dpmpp-2m.ts'
import { dpmpp2mSde } from './dpmpp-2m-sde.ts'
import { euler } from './euler.ts'
import { eulerAncestral } from './euler-ancestral.ts'
import { lcm } from './lcm.ts'
import { pndm } from './pndm.ts'
import type { Spacing } from './spacing.ts'

export interface Sampler {
  readonly name: SamplerName
  /** What the net is told, one per call: descending, fractional for some (PNDM calls twice at its second). */
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

const rules = {
  ddim,
  euler,
  'euler-karras': euler,
  'euler-ancestral': eulerAncestral,
  'dpmpp-2m': dpmpp2m,
  'dpmpp-2m-karras': dpmpp2m,
  'dpmpp-2m-sde': dpmpp2mSde,
  'dpmpp-2m-sde-karras': dpmpp2mSde,
  lcm,
  pndm,
} as const satisfies Record<string, (settings: SamplerSettings, alphas: Float64Array) => Sampler>

export type SamplerName = keyof typeof rules

export const samplerNames = Object.keys(rules) as readonly SamplerName[]

/** @throws UserError `sampler-steps`, `sampler-eta` */
export function createSampler(config: SamplerConfig): Sampler {
  const settings: SamplerSettings = {
    betaStart: 0.00085,
    betaEnd: 0.012,
    stepsOffset: 1,
    end: 'clean',
    originalSteps: 50,
    eta: 0,
    ...config,
  }
  const { name, steps, eta } = settings
  const most = name === 'lcm' ? settings.originalSteps : trainSteps - 1
  if (!Number.isInteger(steps) || steps < 1 || steps > most) {
    throw new UserError('sampler-steps', `The sampler ${name} takes a whole number of steps from 1 to ${most}, not ${steps}.`, {
      name,
      steps,
      most,
    })
  }
  if (!(eta >= 0 && eta <= 1)) throw new UserError('sampler-eta', `eta runs from 0 to 1, not ${eta}.`, { eta })
  return rules[name](settings, alphasCumprod(settings.betas, settings.betaStart, settings.betaEnd))
}
