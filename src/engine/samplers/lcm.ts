// LCM: Luo et al., "Latent Consistency Models" (2023), algorithm 3: guess the picture in one step, put fresh noise on, guess again.
// For distilled nets only (AnimateLCM, LCM LoRAs): on others every guess is a blur.

import { sigmaOf, trainSteps } from './betas.ts'
import { dataScale } from './noise-levels.ts'
import type { Sampler, SamplerSettings } from './sampler.ts'
import { weightedSum } from './weighted-sum.ts'

export function lcm({ name, steps, originalSteps }: SamplerSettings, alphas: Float64Array): Sampler {
  const timesteps = timestepsOf(steps, originalSteps)
  const sigmas = [...timesteps.map((t) => sigmaOf(alphas[t]!)), 0]

  /** Eq. (9): f(x, t) = c_skip x + c_out x₀; timesteps are scaled by 10, σ_data = 0.5. */
  function denoised(x: Float32Array, eps: Float32Array, i: number): Float32Array {
    const t = 10 * timesteps[i]!
    const skip = 0.25 / (t ** 2 + 0.25)
    const out = t / Math.sqrt(t ** 2 + 0.25)
    return weightedSum(skip + out * dataScale(sigmas[i]!), x, -out * sigmas[i]!, eps)
  }

  return {
    name,
    timesteps,
    sigmas,
    initialScale: 1,
    stochastic: steps > 1,
    input: (x) => x,
    step(x, eps, i, noise) {
      const x0 = denoised(x, eps, i)
      if (i === steps - 1) return x0
      const a = alphas[timesteps[i + 1]!]!
      return weightedSum(Math.sqrt(a), x0, Math.sqrt(1 - a), noise())
    },
    denoised,
  }
}

/** `steps` of the timesteps that its teacher stood at in training, evenly picked from the noisy end. */
function timestepsOf(steps: number, originalSteps: number): number[] {
  const k = Math.floor(trainSteps / originalSteps)
  return Array.from({ length: steps }, (_, i) => (originalSteps - Math.floor((i * originalSteps) / steps)) * k - 1)
}
