// LPIPS: how different two pictures look, by the layers of an AlexNet. Zhang et al., "The Unreasonable Effectiveness of Deep Features as a
// Perceptual Metric" (arXiv 1801.03924), version 0.1; names as in torchvision's AlexNet and richzhang/PerceptualSimilarity.
// N pairs  H W pixels

import type { Value } from '../onnx/graph.ts'
import { Add, Conv, Div, MaxPool, Mul, ReduceMean, ReduceSum, Relu, Reshape, Sqrt, Sub } from '../onnx/ops.ts'
import type { Weights } from './weights.ts'

const shift = [-0.03, -0.088, -0.188]
const scale = [0.458, 0.448, 0.45]

interface Layer {
  readonly name: string
  readonly stride: number
  readonly pad: number
  /** Halved before, three by three. */
  readonly pooled: boolean
}

const layers: readonly Layer[] = [
  { name: 'features.0', stride: 4, pad: 2, pooled: false },
  { name: 'features.3', stride: 1, pad: 2, pooled: true },
  { name: 'features.6', stride: 1, pad: 1, pooled: true },
  { name: 'features.8', stride: 1, pad: 1, pooled: false },
  { name: 'features.10', stride: 1, pad: 1, pooled: false },
]

/** a and b [N, 3, H, W] in −1..1 → [N] */
export function perceptualDistance(w: Weights, a: Value, b: Value): Value {
  const [N] = a.shape as [number]
  const [x, y] = [features(w, a), features(w, b)]
  const each = layers.map((_, i) => {
    const difference = Sub(unitChannels(x[i]!), unitChannels(y[i]!))
    const weighted = Conv(Mul(difference, difference), w.get(`lin${i}.model.1.weight`, [1, difference.shape[1]!, 1, 1]), null)
    return Reshape(ReduceMean(weighted, [1, 2, 3]), [N])
  })
  return each.reduce((sum, distance) => Add(sum, distance))
}

/** What leaves each of the five layers. */
function features(w: Weights, picture: Value): Value[] {
  const constant = (values: readonly number[]): Value => picture.graph.constant(Float32Array.from(values), [3, 1, 1], 'float32')
  let x = Div(Sub(picture, constant(shift)), constant(scale))
  return layers.map(({ name, stride, pad, pooled }) => {
    if (pooled) x = MaxPool(x, 3, 2)
    const { shape } = w.material.tensors.get(`${name}.weight`)!
    x = Relu(Conv(x, w.get(`${name}.weight`, shape), w.get(`${name}.bias`, [shape[0]!]), { stride, pads: [pad, pad, pad, pad] }))
    return x
  })
}

/** Divided by the length over all channels. */
function unitChannels(x: Value): Value {
  const length = Sqrt(ReduceSum(Mul(x, x), [1]))
  return Div(x, Add(length, x.graph.constant([1e-10], [], 'float32')))
}
