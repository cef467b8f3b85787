// SDE-DPM-Solver++(2M): the same paper as dpmpp-2m.ts, its solver for the diffusion SDE: a step twice as deep, and noise put back.

import { secondOrderGuess, solverLevels } from './dpmpp-2m.ts'
import { dataScale } from './noise-levels.ts'
import type { Sampler, SamplerSettings } from './sampler.ts'
import { weightedSum } from './weighted-sum.ts'

export function dpmpp2mSde(settings: SamplerSettings, alphas: Float64Array): Sampler {
  const { timesteps, sigmas } = solverLevels(settings, alphas)
  const guess = secondOrderGuess(sigmas)
  const denoised = (x: Float32Array, eps: Float32Array, i: number) => weightedSum(dataScale(sigmas[i]!), x, -sigmas[i]!, eps)
  return {
    name: settings.name,
    timesteps,
    sigmas,
    initialScale: 1,
    stochastic: true,
    input: (x) => x,
    step(x, eps, i, noise) {
      const [from, to] = [sigmas[i]!, sigmas[i + 1]!]
      const alpha = 1 / dataScale(to)
      const decay = (to / from) ** 2 // e^(−2h)
      const D = guess(denoised(x, eps, i), i)
      // x_t = σ_t/σ_s e^(−h) x + α_t (1 − e^(−2h)) D + σ_t √(1 − e^(−2h)) z
      const [cx, cD, cz] = [decay * dataScale(from) * alpha, alpha * (1 - decay), to * alpha * Math.sqrt(1 - decay)]
      return cz > 0 ? weightedSum(cx, x, cD, D, cz, noise()) : weightedSum(cx, x, cD, D)
    },
    denoised,
  }
}
