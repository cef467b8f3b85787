// DPM-Solver++(2M): Lu et al., "DPM-Solver++: Fast Solver for Guided Sampling of Diffusion Probabilistic Models" (2022),
// algorithm 2. Second order from the last two guesses of x₀; first order at both ends. Paper: x_t = α_t x₀ + σ_t ε, λ = log(α/σ);
// our `sigmas` are σ/α = e^(−λ).

import { dataScale, karrasLevels, levelsAt, type NoiseLevels } from './noise-levels.ts'
import type { Sampler, SamplerSettings } from './sampler.ts'
import { solverTimestepsOf } from './spacing.ts'
import { weightedSum } from './weighted-sum.ts'

export function dpmpp2m(settings: SamplerSettings, alphas: Float64Array): Sampler {
  const { timesteps, sigmas } = solverLevels(settings, alphas)
  const guess = secondOrderGuess(sigmas)
  const denoised = (x: Float32Array, eps: Float32Array, i: number) => weightedSum(dataScale(sigmas[i]!), x, -sigmas[i]!, eps)
  return {
    name: settings.name,
    timesteps,
    sigmas,
    initialScale: 1,
    stochastic: false,
    input: (x) => x,
    step(x, eps, i) {
      const [from, to] = [sigmas[i]!, sigmas[i + 1]!]
      const alpha = 1 / dataScale(to)
      const decay = to / from // e^(−h), h = λ_t − λ_s
      // x_t = σ_t/σ_s x − α_t (e^(−h) − 1) D
      return weightedSum(decay * dataScale(from) * alpha, x, alpha * (1 - decay), guess(denoised(x, eps, i), i))
    },
    denoised,
  }
}

/** The points where the DPM-Solvers stand. Karras' are between training steps; the net is given the nearest, so low ones may repeat. */
export function solverLevels({ name, steps, spacing, stepsOffset }: SamplerSettings, alphas: Float64Array): NoiseLevels {
  if (!name.endsWith('karras')) return levelsAt(solverTimestepsOf(spacing, steps, stepsOffset), alphas)
  const { timesteps, sigmas } = karrasLevels(steps, alphas)
  return { timesteps: timesteps.map(Math.round), sigmas }
}

/** D of algorithm 2: x₀ at call i, drawn on to the middle of the step by what it was at call i − 1. Remembers x₀. */
export function secondOrderGuess(sigmas: readonly number[]): (x0: Float32Array, i: number) => Float32Array {
  let before: Float32Array | undefined
  return (x0, i) => {
    const previous = before
    before = x0
    if (!previous || sigmas[i + 1] === 0) return x0
    const lambda = (j: number) => -Math.log(sigmas[j]!)
    const r = (lambda(i) - lambda(i - 1)) / (lambda(i + 1) - lambda(i))
    return weightedSum(1 + 1 / (2 * r), x0, -1 / (2 * r), previous)
  }
}
