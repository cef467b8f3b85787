// DDIM: Song, Meng, Ermon, "Denoising Diffusion Implicit Models" (2021). The paper's α is ᾱ here.
// AnimateDiff's own sampler.

import { sigmaOf, trainSteps } from './betas.ts'
import { dataScale } from './noise-levels.ts'
import type { Sampler, SamplerSettings } from './sampler.ts'
import { roundHalfToEven, timestepsOf } from './spacing.ts'
import { weightedSum } from './weighted-sum.ts'

export function ddim({ name, steps, spacing, stepsOffset, end, eta }: SamplerSettings, alphas: Float64Array): Sampler {
  const timesteps = timestepsOf(spacing, steps, stepsOffset).map(roundHalfToEven)
  const last = end === 'clean' ? 1 : alphas[0]!
  const sigmas = [...timesteps.map((t) => sigmaOf(alphas[t]!)), sigmaOf(last)]
  return {
    name,
    timesteps,
    sigmas,
    initialScale: 1,
    stochastic: eta > 0,
    input: (x) => x,
    step(x, eps, i, noise) {
      const t = timesteps[i]!
      // diffusers steps by 1000 / steps also where linspace's points lie further apart, and so do all animations made with linspace. Of trailing,
      // whose points it misses by one where the steps do not divide 1000, the next point is taken, so that a picture comes out whole.
      const tPrev = spacing === 'linspace' ? t - Math.floor(trainSteps / steps) : (timesteps[i + 1] ?? -1)
      const a = alphas[t]!
      const aPrev = tPrev >= 0 ? alphas[tPrev]! : last
      const s = eta * Math.sqrt(((1 - aPrev) / (1 - a)) * (1 - a / aPrev)) // eq. (16)
      const [cx, ce] = transfer(a, aPrev, s)
      return s > 0 ? weightedSum(cx, x, ce, eps, s, noise()) : weightedSum(cx, x, ce, eps)
    },
    denoised: (x, eps, i) => weightedSum(dataScale(sigmas[i]!), x, -sigmas[i]!, eps),
  }
}

/** Eq. (12), x' = √ᾱ' x₀ + √(1−ᾱ'−s²) ε, with x₀ = (x − √(1−ᾱ) ε) / √ᾱ put in: the factors of x and ε. */
export function transfer(a: number, aPrev: number, s = 0): [number, number] {
  const cx = Math.sqrt(aPrev / a)
  return [cx, Math.sqrt(1 - aPrev - s ** 2) - cx * Math.sqrt(1 - a)]
}
