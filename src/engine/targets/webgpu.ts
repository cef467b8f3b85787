// WebGPU (Vulkan, Metal, Direct3D 12 through Dawn): the operators that have a shader in ONNX Runtime 1.30, so that nothing falls back to
// the CPU. FusedMatMul, opset 23's Attention, both GroupNorms and NhwcConv have none; BiasSplitGelu fails in float16.

import { Conv, LayerNormalization } from '../onnx/ops.ts'
import type { Ability, Precision } from './ability.ts'
import { erfGelu, quickSilu } from './activation.ts'
import { plainAttention, testedAttention } from './attention.ts'
import { directConv } from './conv3x3.ts'
import { instanceGroupNorm, meanGroupNorm } from './group-norm.ts'
import { plainLinear } from './linear.ts'
import type { Target } from './target.ts'

/** Elements of a score matrix that fit 128 MiB, the storage buffer that every WebGPU device can bind. */
const maxScores: Readonly<Record<Precision, number>> = { float32: 1 << 25, float16: 1 << 26 }

export const webgpu = (ability: Ability): Target => ({
  name: 'webgpu',
  type: ability.type,
  layout: 'channels-first',
  fusedMatMul: false,
  linear: plainLinear,
  attention: testedAttention(ability, plainAttention({ maxScores: maxScores[ability.type] })),
  layerNorm: LayerNormalization,
  groupNorm: (x, gamma, beta, options) => {
    const y = ((options.frames ?? 1) > 1 ? meanGroupNorm : instanceGroupNorm)(x, gamma, beta, options)
    return options.silu ? quickSilu(y) : y
  },
  conv1x1: (x, kernel, bias) => Conv(x, kernel, bias),
  conv3x3: directConv,
  silu: quickSilu,
  gelu: erfGelu,
})
