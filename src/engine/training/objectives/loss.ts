// The loss of denoising: what a net is shown, what it should say, and how much a clip counts.
// Ho et al., "Denoising Diffusion Probabilistic Models" (arXiv 2006.11239), equation 14; v: Salimans and Ho (arXiv 2202.00512), section 4;
// min-SNR: Hang et al. (arXiv 2303.09556), equation 8; debiased: Yu et al. (arXiv 2310.08442), of v as kohya-ss/sd-scripts has it
// (library/custom_train_functions.py); offset noise: N. Guttenberg (2023).
// z latents  ε noise  ā share of the variance that is left at t  s = ā / (1 − ā) signal to noise

import type { Value } from '../../onnx/graph.ts'
import { Abs, Add, Clip, Exp, Mul, ReduceMean, ReduceSum, Reshape, Sub } from '../../onnx/ops.ts'

export type Prediction = 'epsilon' | 'v'

export const lossWeightings = ['none', 'min-snr', 'debiased'] as const
export type LossWeighting = (typeof lossWeightings)[number]

/** γ of min-SNR, as its authors chose it. */
const gamma = 5

export interface Noised {
  /** √ā z + √(1 − ā) ε */
  readonly sample: Float32Array
  /** What the net should say of it: ε, or v = √ā ε − √(1 − ā) z. */
  readonly target: Float32Array
}

/** @param alphas ā of every timestep: samplers/betas.ts */
export function addNoise(latents: Float32Array, noise: Float32Array, t: number, alphas: ArrayLike<number>, prediction: Prediction): Noised {
  const [signal, rest] = [Math.sqrt(alphas[t]!), Math.sqrt(1 - alphas[t]!)]
  return {
    sample: latents.map((z, i) => signal * z + rest * noise[i]!),
    target: prediction === 'v' ? latents.map((z, i) => signal * noise[i]! - rest * z) : noise,
  }
}

/** How much the mean of one clip's squared errors counts; the mean over clips is taken afterwards, not divided by these. */
export function lossWeight(t: number, alphas: ArrayLike<number>, prediction: Prediction, weighting: LossWeighting): number {
  const s = alphas[t]! / (1 - alphas[t]!)
  if (weighting === 'min-snr') return Math.min(s, gamma) / (prediction === 'v' ? s + 1 : s)
  if (weighting === 'debiased') return prediction === 'v' ? 1 / (Math.min(s, 1000) + 1) : 1 / Math.sqrt(Math.min(s, 1000))
  return 1
}

/** ε + strength · o, one o a channel, the same for all frames and places: noise [F, C, …], offsets [C]. */
export function offsetNoise(noise: Float32Array, offsets: Float32Array, strength: number, frames: number): Float32Array {
  const channels = offsets.length
  const places = noise.length / (frames * channels)
  return noise.map((value, i) => value + strength * offsets[Math.floor(i / places) % channels]!)
}

// Written into a graph --------------------------------------------------------------------------

const everywhere = (x: Value): number[] => x.shape.map((_, axis) => axis)

/** A number for all elements. */
const mean = (x: Value): Value => Reshape(ReduceMean(x, everywhere(x)), [])

/** mean (x − y)² */
export function meanSquaredError(x: Value, y: Value): Value {
  const difference = Sub(x, y)
  return mean(Mul(difference, difference))
}

/** mean |x − y| */
export const meanAbsoluteError = (x: Value, y: Value): Value => mean(Abs(Sub(x, y)))

/** What the posterior's log variances are held within (CompVis/latent-diffusion ldm/modules/distributions). */
export const heldLogVariance = (logVariance: Value): Value => Clip(logVariance, -30, 20)

/** m + e^(lv/2) · noise */
export function sampled(mean: Value, logVariance: Value, noise: Value): Value {
  const half = logVariance.graph.constant([0.5], [], 'float32')
  return Add(mean, Mul(Exp(Mul(logVariance, half)), noise))
}

/** ½ Σ (m² + e^lv − 1 − lv) over a picture, the mean over pictures: mean and logVariance [N, C, h, w]. */
export function klDivergence(mean: Value, logVariance: Value): Value {
  const { graph } = mean
  const number = (value: number): Value => graph.constant([value], [], 'float32')
  const each = Sub(Sub(Add(Mul(mean, mean), Exp(logVariance)), number(1)), logVariance)
  return Mul(Reshape(ReduceSum(each, everywhere(each)), []), number(0.5 / mean.shape[0]!))
}
