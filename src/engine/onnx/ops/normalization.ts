// Normalization over channels, over groups of them or over the last axis.

import type { Value } from '../graph.ts'
import { addNode, microsoft } from './add-node.ts'
import { check } from './shape-rules.ts'

export function LayerNormalization(x: Value, scale: Value, bias: Value, epsilon: number): Value {
  const fits = (v: Value): boolean => v.shape.length === 1 && v.shape[0] === x.shape.at(-1)
  check(fits(scale) && fits(bias), 'LayerNormalization', 'scale and bias as long as the last axis', x, scale, bias)
  return addNode('LayerNormalization', [x, scale, bias], x.shape, { axis: -1, epsilon: { float: epsilon } })
}

/** The same with what it was normalised by: [y, mean, 1 / deviation], the last two [..., 1]. CPU, CUDA and WebGPU have it, DirectML does not. */
export function LayerNormalizationStatistics(x: Value, scale: Value, bias: Value, epsilon: number): [Value, Value, Value] {
  const per = { type: x.type, shape: x.shape.with(-1, 1) }
  const attributes = { axis: -1, epsilon: { float: epsilon } }
  return x.graph.node('LayerNormalization', [x, scale, bias], attributes, [x, per, per]) as [Value, Value, Value]
}

/** Each [n, c, ...] on its own: x [N, C, ...], scale and bias [C]. */
export function InstanceNormalization(x: Value, scale: Value, bias: Value, epsilon: number): Value {
  check(
    scale.shape[0] === x.shape[1] && bias.shape[0] === x.shape[1],
    'InstanceNormalization',
    'scale and bias of x.shape[1]',
    x,
    scale,
    bias,
  )
  return addNode('InstanceNormalization', [x, scale, bias], x.shape, { epsilon: { float: epsilon } })
}

/** CUDA's and DirectML's: x [N, h, w, C] channels last, gamma and beta [C] in float32, SiLU inside when asked. */
export function GroupNorm(
  x: Value,
  gamma: Value,
  beta: Value,
  { groups, epsilon, silu }: { groups: number; epsilon: number; silu: boolean },
): Value {
  const [, , , C] = x.shape as [number, number, number, number]
  const fits = x.shape.length === 4 && C % groups === 0 && gamma.shape[0] === C && beta.shape[0] === C
  check(fits, 'GroupNorm', `x [N, h, w, C] with C in ${groups} groups, gamma and beta [C]`, x, gamma, beta)
  const attributes = { groups, epsilon: { float: epsilon }, activation: silu ? 1 : 0, channels_last: 1 }
  return addNode('GroupNorm', [x, gamma, beta], x.shape, attributes, microsoft)
}

/** Over the last axis. */
export const Softmax = (x: Value): Value => addNode('Softmax', [x], x.shape, { axis: -1 })
