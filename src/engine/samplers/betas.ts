// The noise schedule (betas): how much noise each of the training steps adds, and what is left of the picture after them.
// A name trap: this project speaks as diffusers does. LDM and ComfyUI call `scaled_linear` "linear", and `linear` "sqrt_linear".

import type { Betas } from '../draw-settings.ts'

export const trainSteps = 1000

/**
 * `linear` is what AnimateDiff's motion modules were trained on, `scaled_linear` (linear in √β) what Stable Diffusion was.
 *
 * ᾱ_t = Π (1 − β_s), s ≤ t, for each of the 1000 training steps: the share of the picture's variance left at t.
 */
export function alphasCumprod(betas: Betas, betaStart: number, betaEnd: number): Float64Array {
  const alphas = new Float64Array(trainSteps)
  const power = betas === 'linear' ? 1 : 2
  const [from, to] = [betaStart ** (1 / power), betaEnd ** (1 / power)]
  let product = 1
  for (let t = 0; t < trainSteps; t++) {
    product *= 1 - (from + ((to - from) * t) / (trainSteps - 1)) ** power
    alphas[t] = product
  }
  return alphas
}

/**
 * The same, stretched so that the last is next to nothing: Lin et al., "Common Diffusion Noise Schedules and Sample Steps are Flawed"
 * (arXiv 2305.08891), algorithm 1. Not quite nothing, for then σ would be infinite: 2⁻²⁴, as diffusers' Euler has it.
 */
export function zeroTerminalSnr(alphas: Float64Array): Float64Array {
  const roots = alphas.map(Math.sqrt)
  const [first, last] = [roots[0]!, roots.at(-1)!]
  return roots.map((root) => Math.max((((root - last) * first) / (first - last)) ** 2, 2 ** -24))
}

/** σ = √((1 − ᾱ) / ᾱ): the noise on a picture of its own size, which is how Karras et al. (2022) count. */
export const sigmaOf = (alpha: number): number => Math.sqrt((1 - alpha) / alpha)
