// CoreML (Apple): ONNX's own operators alone, those that ONNX Runtime translates to an ML Program (coreml_supported_mlprogram_ops.md);
// what it does not translate (CLIP's quick GELU) runs on the CPU between two parts. Not run by this project.

import { Conv, LayerNormalization } from '../onnx/ops.ts'
import type { Ability } from './ability.ts'
import { erfGelu, plainSilu } from './activation.ts'
import { plainAttention } from './attention.ts'
import { directConv } from './conv3x3.ts'
import { instanceGroupNorm, meanGroupNorm } from './group-norm.ts'
import { plainLinear } from './linear.ts'
import type { Target } from './target.ts'

export const coreml = ({ type }: Pick<Ability, 'type'>): Target => ({
  name: 'coreml',
  type,
  layout: 'channels-first',
  fusedMatMul: false,
  linear: plainLinear,
  attention: plainAttention(),
  layerNorm: LayerNormalization,
  groupNorm: (x, gamma, beta, options) => {
    const y = ((options.frames ?? 1) > 1 ? meanGroupNorm : instanceGroupNorm)(x, gamma, beta, options)
    return options.silu ? plainSilu(y) : y
  },
  conv1x1: (x, kernel, bias) => Conv(x, kernel, bias),
  conv3x3: directConv,
  silu: plainSilu,
  gelu: erfGelu,
})
