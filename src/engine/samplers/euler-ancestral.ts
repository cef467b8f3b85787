// Euler with noise put back after every step: ancestral sampling, Song et al., "Score-Based Generative Modeling
// through SDEs" (2021), appendix F, split into σ_down (how far to step) and σ_up (how much to add) as k-diffusion has it.

import { euler } from './euler.ts'
import type { Sampler, SamplerSettings } from './sampler.ts'
import { weightedSum } from './weighted-sum.ts'

export function eulerAncestral(settings: SamplerSettings, alphas: Float64Array): Sampler {
  const deterministic = euler(settings, alphas)
  const { sigmas } = deterministic
  return {
    ...deterministic,
    stochastic: true,
    step(x, eps, i, noise) {
      const [from, to] = [sigmas[i]!, sigmas[i + 1]!]
      const up = Math.sqrt((to ** 2 * (from ** 2 - to ** 2)) / from ** 2)
      const down = Math.sqrt(to ** 2 - up ** 2)
      return up > 0 ? weightedSum(1, x, down - from, eps, up, noise()) : weightedSum(1, x, down - from, eps)
    },
  }
}
