// Noise levels of one run: the timesteps at which the net is called, and the noise σ at each, which the mathematics uses.

import { sigmaOf } from './betas.ts'

export interface NoiseLevels {
  /** One per step, descending. */
  readonly timesteps: readonly number[]
  /** One more than steps: the last is where the run ends, 0. */
  readonly sigmas: readonly number[]
}

/** σ between two training steps is interpolated linearly, as diffusers does for fractional timesteps. */
export function levelsAt(timesteps: readonly number[], alphas: Float64Array): NoiseLevels {
  const sigmaAt = (t: number): number => {
    const low = Math.min(Math.floor(t), alphas.length - 2)
    const from = sigmaOf(alphas[low]!)
    return from + (t - low) * (sigmaOf(alphas[low + 1]!) - from)
  }
  return { timesteps, sigmas: [...timesteps.map(sigmaAt), 0] }
}

/** Karras et al. (2022), eq. (5), ρ = 7, between the σ of the last and the first training step: smaller steps where there is little noise left. */
export function karrasLevels(steps: number, alphas: Float64Array): NoiseLevels {
  const rho = 7
  const [top, bottom] = [sigmaOf(alphas[alphas.length - 1]!) ** (1 / rho), sigmaOf(alphas[0]!) ** (1 / rho)]
  const sigmas = Array.from({ length: steps }, (_, i) => (steps === 1 ? top : top + (i / (steps - 1)) * (bottom - top)) ** rho)
  return { timesteps: sigmas.map((sigma) => timestepAt(sigma, alphas)), sigmas: [...sigmas, 0] }
}

/** The fractional timestep at which the noise is σ; log σ is linear between two training steps. */
function timestepAt(sigma: number, alphas: Float64Array): number {
  let high = 1
  while (high < alphas.length - 1 && sigmaOf(alphas[high]!) <= sigma) high++
  const [from, to] = [Math.log(sigmaOf(alphas[high - 1]!)), Math.log(sigmaOf(alphas[high]!))]
  return high - 1 + Math.min(1, Math.max(0, (Math.log(sigma) - from) / (to - from)))
}

/** x₀ where x = √ᾱ x₀ + √(1−ᾱ) ε, written in σ. */
export const dataScale = (sigma: number): number => Math.sqrt(1 + sigma ** 2)
