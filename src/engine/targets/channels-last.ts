// CUDA and DirectML: images [N, h, w, C], the layout of tensor cores, with the operators that ONNX Runtime fuses for Stable Diffusion.
// In this layout a 1×1 convolution is a linear, and an image is its sequence of positions without moving a byte.

import type { Device } from '../device-names.ts'
import type { Value } from '../onnx/graph.ts'
import { Add, LayerNormalization, Mul, Reshape, Split } from '../onnx/ops.ts'
import type { Ability } from './ability.ts'
import { erfGelu, fusedGeglu, quickSilu } from './activation.ts'
import { plainAttention, testedAttention } from './attention.ts'
import { nhwcConv } from './conv3x3.ts'
import { fusedGroupNorm, meanGroupNorm } from './group-norm.ts'
import { fusedLinear, skipFusedLinear } from './linear.ts'
import type { Target } from './target.ts'

/** The kernels are written for the widths of the published nets; another width takes the plain form. */
export interface FusedWidths {
  groupNorm(channels: number, groups: number): boolean
  /** Both halves together. */
  geglu(width: number): boolean
  biasAdd(width: number): boolean
}

export const channelsLast = (name: Device, ability: Ability, fits: FusedWidths): Target => ({
  name,
  type: ability.type,
  layout: 'channels-last',
  fusedMatMul: true,
  linear: (x, weight, bias, skip) => {
    const form = x.shape.length === 3 && fits.biasAdd(weight.shape[0]!) ? skipFusedLinear : fusedLinear
    return form(x, weight, bias, skip)
  },
  attention: testedAttention(ability, plainAttention()),
  layerNorm: LayerNormalization,
  groupNorm: (x, gamma, beta, options) => {
    if (fits.groupNorm(x.shape[3]!, options.groups)) return fusedGroupNorm(x, gamma, beta, options)
    const y = meanGroupNorm(x, gamma, beta, options, 'channels-last')
    return options.silu ? quickSilu(y) : y
  },
  conv1x1: (x, kernel, bias) => fusedLinear(x, Reshape(kernel, kernel.shape.slice(0, 2)), bias, null),
  conv3x3: nhwcConv,
  silu: quickSilu,
  gelu: erfGelu,
  fusedGeglu: (x, bias) => (fits.geglu(x.shape.at(-1)!) ? fusedGeglu(x, bias) : splitGeglu(x, bias)),
})

function splitGeglu(x: Value, bias: Value): Value {
  const [value, gate] = Split(Add(x, bias), 2, x.shape.length - 1) as [Value, Value]
  return Mul(value, erfGelu(gate))
}
