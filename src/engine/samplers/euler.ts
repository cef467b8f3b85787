// Euler's rule along the probability flow: Karras, Aittala, Aila, Laine, "Elucidating the Design Space of
// Diffusion-Based Generative Models" (2022), algorithm 1 without its correction. x is the picture with σ noise on top, not scaled down.

import { dataScale, karrasLevels, levelsAt } from './noise-levels.ts'
import type { Sampler, SamplerSettings } from './sampler.ts'
import { timestepsOf } from './spacing.ts'
import { weightedSum } from './weighted-sum.ts'

export function euler({ name, steps, spacing, stepsOffset }: SamplerSettings, alphas: Float64Array): Sampler {
  const karras = name === 'euler-karras'
  const { timesteps, sigmas } = karras ? karrasLevels(steps, alphas) : levelsAt(timestepsOf(spacing, steps, stepsOffset), alphas)
  return {
    name,
    timesteps,
    sigmas,
    // Leading timesteps begin below pure noise, and the picture's own share of the variance (1) has to be made up for.
    initialScale: spacing === 'leading' && !karras ? dataScale(sigmas[0]!) : sigmas[0]!,
    stochastic: false,
    input: (x, i) => x.map((value) => value / dataScale(sigmas[i]!)),
    step: (x, eps, i) => weightedSum(1, x, sigmas[i + 1]! - sigmas[i]!, eps), // dx/dσ = ε, eq. (1) with σ(t) = t
    denoised: (x, eps, i) => weightedSum(1, x, -sigmas[i]!, eps),
  }
}
