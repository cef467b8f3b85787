// AdamW: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (arXiv 1711.05101), algorithm 2, in PyTorch's order of operations.
// Plain loops, in place: as a graph it took four times as long, because ONNX Runtime's outputs are copied, and IEEE arithmetic is the same to
// the last bit on every machine.

import { type Gradients, normOf, type Parameters } from './parameters.ts'

export interface AdamW {
  readonly learningRate: number
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  readonly weightDecay: number
  /** The largest norm that a gradient may have, all tensors together; 0 for none. */
  readonly clip: number
}

/** What AnimateDiff was trained with (its configs/training/v1/training.yaml). */
export const animateDiffAdamW: AdamW = { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-2, clip: 1 }

/** Everything that a step changes; arrays of one length, updated in place. */
export interface OptimizerState {
  readonly weights: Float32Array
  readonly firstMoment: Float32Array
  readonly secondMoment: Float32Array
  /** Steps done. */
  step: number
}

export const startState = (weights: Float32Array): OptimizerState => ({
  weights,
  firstMoment: new Float32Array(weights.length),
  secondMoment: new Float32Array(weights.length),
  step: 0,
})

/**
 * @param gradients summed over a step's examples; left as they are
 * @param factor of the learning rate at this step
 * @returns the gradient's norm before it was clipped; when that is no number, nothing was changed
 */
export function update(
  state: OptimizerState,
  gradients: Gradients,
  parameters: Pick<Parameters, 'views'>,
  { learningRate, beta1, beta2, epsilon, weightDecay, clip }: AdamW,
  factor = 1,
): number {
  const norm = normOf(gradients)
  if (!Number.isFinite(norm)) return norm
  const step = state.step + 1
  const rate = learningRate * factor
  const scale = clip > 0 ? Math.min(1, clip / (norm + 1e-6)) : 1
  const kept = 1 - rate * weightDecay
  const stride = rate / (1 - beta1 ** step)
  const correction = 1 / Math.sqrt(1 - beta2 ** step)
  const { weights, firstMoment, secondMoment } = state
  for (const { input, offset, length } of parameters.views) {
    const gradient = gradients[input] ?? new Float32Array(length)
    const [w, m, v] = [weights, firstMoment, secondMoment].map((it) => it.subarray(offset, offset + length)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ]
    for (let i = 0; i < length; i++) {
      const g = gradient[i]! * scale
      const first = beta1 * m[i]! + (1 - beta1) * g
      const second = beta2 * v[i]! + (1 - beta2) * g * g
      m[i] = first
      v[i] = second
      w[i] = w[i]! * kept - (stride * first) / (Math.sqrt(second) * correction + epsilon)
    }
  }
  state.step = step
  return norm
}
