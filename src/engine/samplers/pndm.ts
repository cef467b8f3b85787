// PNDM, as Stable Diffusion ran it first ("PLMS"): Liu et al., "Pseudo Numerical Methods for Diffusion Models on Manifolds" (2022),
// pseudo linear multi-step, started by one improved Euler step instead of Runge-Kutta: the net is called twice at the second timestep.

import { sigmaOf } from './betas.ts'
import { transfer } from './ddim.ts'
import { dataScale } from './noise-levels.ts'
import type { Sampler, SamplerSettings } from './sampler.ts'
import { roundHalfToEven, timestepsOf } from './spacing.ts'
import { weightedSum } from './weighted-sum.ts'

export function pndm({ name, steps, spacing, stepsOffset, end }: SamplerSettings, alphas: Float64Array): Sampler {
  const once = timestepsOf(spacing, steps, stepsOffset).map(roundHalfToEven)
  const timesteps = once.flatMap((t, i) => (i === 1 ? [t, t] : [t]))
  const levels = [...once.map((t) => alphas[t]!), end === 'clean' ? 1 : alphas[0]!]
  const sigmas = levels.map(sigmaOf).flatMap((sigma, i) => (i === 1 && steps > 1 ? [sigma, sigma] : [sigma]))
  let history: Float32Array[] = [] // e_t, e_{t−δ}, …: newest first, at most four
  let start: Float32Array | undefined

  /** From level k to the next. The paper's transfer part φ is DDIM's step: only ε' is better than the newest ε. */
  function move(x: Float32Array, eps: Float32Array, k: number): Float32Array {
    const [cx, ce] = transfer(levels[k]!, levels[k + 1]!)
    return weightedSum(cx, x, ce, eps)
  }

  return {
    name,
    timesteps,
    sigmas,
    initialScale: 1,
    stochastic: false,
    input: (x) => x,
    step(x, eps, i) {
      if (i === 1) {
        // The first step once more, with the mean of the slopes at both its ends.
        return move(start!, weightedSum(0.5, eps, 0.5, history[0]!), 0)
      }
      if (i === 0) start = x.slice()
      history = [eps.slice(), ...history.slice(0, 3)]
      return move(x, adamsBashforth(history), i === 0 ? 0 : i - 1)
    },
    denoised: (x, eps, i) => weightedSum(dataScale(sigmas[i]!), x, -sigmas[i]!, eps),
  }
}

/** The slope for the next step from the last one to four: e.g. (55 e_t − 59 e_{t−δ} + 37 e_{t−2δ} − 9 e_{t−3δ}) / 24. */
function adamsBashforth(history: readonly Float32Array[]): Float32Array {
  const weights = [[1], [3 / 2, -1 / 2], [23 / 12, -16 / 12, 5 / 12], [55 / 24, -59 / 24, 37 / 24, -9 / 24]][history.length - 1]!
  return history.reduce<Float32Array>((sum, eps, j) => weightedSum(1, sum, weights[j]!, eps), new Float32Array(history[0]!.length))
}
