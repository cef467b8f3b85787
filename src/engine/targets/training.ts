// How a net is written where gradients are wanted: with operators that have a rule on the way back (onnx/gradient/rules.ts) and, forward and
// back, a kernel on every device. Pictures are channels first; nothing is written in Winograd's form, which rounds more.

import type { Kernels } from '../onnx/gradient/rule.ts'
import type { Value } from '../onnx/graph.ts'
import { Conv, LayerNormalization, Reshape, Transpose } from '../onnx/ops.ts'
import { erfGelu, quickSilu } from './activation.ts'
import { plainAttention } from './attention.ts'
import { directConv } from './conv3x3.ts'
import { cpu, noWinograd } from './cpu.ts'
import { instanceGroupNorm } from './group-norm.ts'
import { fusedLinear, plainLinear } from './linear.ts'
import type { GroupNormOptions, Target } from './target.ts'

/** For the device that `drawing` is written for. */
export function trainingTarget({ name, type, fusedMatMul }: Target): Target {
  const common = {
    name,
    type,
    layout: 'channels-first',
    fusedMatMul,
    layerNorm: LayerNormalization,
    groupNorm,
    silu: quickSilu,
    gelu: erfGelu,
  } as const
  if (name === 'cpu') return { ...cpu(noWinograd), ...common }
  return {
    ...common,
    linear: fusedMatMul ? fusedLinear : plainLinear,
    attention: plainAttention(),
    conv1x1: (x, kernel, bias) => Conv(x, kernel, bias),
    conv3x3: directConv,
  }
}

/** DirectML's and CoreML's LayerNormalization have one output (DmlOperatorLayerNormalization.cpp). */
export const kernelsOf = ({ name, fusedMatMul }: Pick<Target, 'name' | 'fusedMatMul'>): Kernels => ({
  fusedMatMul,
  normStatistics: name !== 'dml' && name !== 'coreml',
})

function groupNorm(x: Value, gamma: Value, beta: Value, options: GroupNormOptions): Value {
  const y = ((options.frames ?? 1) > 1 ? animationGroupNorm : instanceGroupNorm)(x, gamma, beta, options)
  return options.silu ? quickSilu(y) : y
}

/** Statistics of all frames of an animation: as one tall picture, because sums of rows that lie together round less. x [(B F), C, h, w] */
function animationGroupNorm(x: Value, gamma: Value, beta: Value, { frames: F = 1, ...options }: GroupNormOptions): Value {
  const [N, C, h, w] = x.shape as [number, number, number, number]
  const B = N / F
  const tall = Reshape(Transpose(Reshape(x, [B, F, C, h * w]), [0, 2, 1, 3]), [B, C, F * h, w])
  const y = instanceGroupNorm(tall, gamma, beta, options)
  return Reshape(Transpose(Reshape(y, [B, C, F, h * w]), [0, 2, 1, 3]), x.shape)
}
