// Group norm, its forms: (x − mean) / √(var + ε) · γ + β over each group of channels of an image, or of all images of an animation.
// γ and β come in float32, whatever the type of x.

import type { Value } from '../onnx/graph.ts'
import { Add, Cast, Div, GroupNorm, InstanceNormalization, Mul, ReduceMean, Reshape, Sqrt, Sub } from '../onnx/ops.ts'
import type { GroupNormOptions, Target } from './target.ts'

/** Through InstanceNormalization, which normalises each row of [N, groups, rest] on its own: ONNX Runtime has no fast GroupNorm on CPU. */
export function instanceGroupNorm(x: Value, gamma: Value, beta: Value, { groups, epsilon }: GroupNormOptions): Value {
  const [N, C, h, w] = x.shape as [number, number, number, number]
  const type = x.type as 'float32' | 'float16'
  const unit = x.graph.constant(Array(groups).fill(1), [groups], type)
  const zero = x.graph.constant(Array(groups).fill(0), [groups], type)
  let y = Reshape(x, [N, groups, (C / groups) * h * w])
  y = InstanceNormalization(y, unit, zero, epsilon)
  return affine(Reshape(y, [N, C, h, w]), gamma, beta, 'channels-first')
}

/**
 * By plain means, in either layout and over any number of frames: the first motion modules were trained with the statistics of an
 * animation's frames together. x [(B F), C, h, w] or [(B F), h, w, C]. Squares pass what float16 can hold, so it is done in float32.
 */
export function meanGroupNorm(
  x: Value,
  gamma: Value,
  beta: Value,
  { groups, epsilon, frames = 1 }: GroupNormOptions,
  layout: Target['layout'] = 'channels-first',
): Value {
  const [N, a, b, c] = x.shape as [number, number, number, number]
  const B = N / frames
  const grouped = layout === 'channels-first' ? [B, frames, groups, (a / groups) * b * c] : [B, frames * a * b, groups, c / groups]
  const y = Reshape(Cast(x, 'float32'), grouped)
  const centred = Sub(y, ReduceMean(y, [1, 3]))
  const variance = ReduceMean(Mul(centred, centred), [1, 3]) // [B, 1, groups, 1]
  const deviation = Sqrt(Add(variance, x.graph.constant([epsilon], [], 'float32')))
  return Cast(affine(Reshape(Div(centred, deviation), x.shape), gamma, beta, layout), x.type)
}

/** One fused operator of CUDA and DirectML, SiLU inside. Channels last: several frames are one taller image. */
export function fusedGroupNorm(
  x: Value,
  gamma: Value,
  beta: Value,
  { groups, epsilon, silu = false, frames = 1 }: GroupNormOptions,
): Value {
  const [N, h, w, C] = x.shape as [number, number, number, number]
  const y = GroupNorm(Reshape(x, [N / frames, frames * h, w, C]), gamma, beta, { groups, epsilon, silu })
  return Reshape(y, x.shape)
}

function affine(x: Value, gamma: Value, beta: Value, layout: Target['layout']): Value {
  const along = (perChannel: Value): Value =>
    Cast(layout === 'channels-first' ? Reshape(perChannel, [perChannel.shape[0]!, 1, 1]) : perChannel, x.type)
  return Add(Mul(x, along(gamma)), along(beta))
}
