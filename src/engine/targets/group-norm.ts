// The forms of group norm: (x − mean) / √(var + ε) · γ + β over each group of channels of an image, or of all images of an animation.

import type { Value } from '../onnx/graph.ts'
import { Add, Div, GroupNorm, InstanceNormalization, Mul, ReduceMean, Reshape, Sqrt, Sub } from '../onnx/ops.ts'
import type { GroupNormOptions } from './target.ts'

/** Through InstanceNormalization, which normalises each row of [N, groups, rest] on its own: ONNX Runtime has no fast GroupNorm on CPU. */
export function instanceGroupNorm(x: Value, gamma: Value, beta: Value, { groups, epsilon }: GroupNormOptions): Value {
  const [N, C, h, w] = x.shape as [number, number, number, number]
  const type = x.type as 'float32' | 'float16'
  const unit = x.graph.constant(Array(groups).fill(1), [groups], type)
  const zero = x.graph.constant(Array(groups).fill(0), [groups], type)
  let y = Reshape(x, [N, groups, (C / groups) * h * w])
  y = InstanceNormalization(y, unit, zero, epsilon)
  return affine(Reshape(y, [N, C, h, w]), gamma, beta)
}

/** Statistics over the frames of an animation together, as the first motion modules were trained: x [(B F), C, h, w]. */
export function acrossFramesGroupNorm(x: Value, gamma: Value, beta: Value, { groups, epsilon, frames = 1 }: GroupNormOptions): Value {
  const [N, C, h, w] = x.shape as [number, number, number, number]
  const B = N / frames
  const grouped = Reshape(x, [B, frames, groups, (C / groups) * h * w])
  const centred = Sub(grouped, ReduceMean(grouped, [1, 3]))
  const variance = ReduceMean(Mul(centred, centred), [1, 3]) // [B, 1, groups, 1]
  const deviation = Sqrt(Add(variance, x.graph.constant([epsilon], [], x.type as 'float32' | 'float16')))
  return affine(Reshape(Div(centred, deviation), [N, C, h, w]), gamma, beta)
}

/** One fused operator of CUDA and DirectML, channels last, SiLU inside. */
export function fusedGroupNorm(x: Value, gamma: Value, beta: Value, { groups, epsilon, silu = false }: GroupNormOptions): Value {
  return GroupNorm(x, gamma, beta, { groups, epsilon, silu })
}

const affine = (x: Value, gamma: Value, beta: Value): Value => {
  const perChannel = [gamma.shape[0]!, 1, 1]
  return Add(Mul(x, Reshape(gamma, perChannel)), Reshape(beta, perChannel))
}
