// Reference targets, written with the plainest operators there are, in both layouts: what the fast forms are compared with.

import { Conv, LayerNormalization, Transpose } from '../../src/engine/onnx/ops.ts'
import { erfGelu, plainSilu } from '../../src/engine/targets/activation.ts'
import { plainAttention } from '../../src/engine/targets/attention.ts'
import { directConv } from '../../src/engine/targets/conv3x3.ts'
import { meanGroupNorm } from '../../src/engine/targets/group-norm.ts'
import { plainLinear } from '../../src/engine/targets/linear.ts'
import type { Target } from '../../src/engine/targets/target.ts'

/** Scores are cut in slices, as on a device with small buffers. */
export const plainTarget: Target = {
  name: 'cpu',
  type: 'float32',
  layout: 'channels-first',
  fusedMatMul: false,
  linear: plainLinear,
  attention: plainAttention({ maxScores: 1 << 14 }),
  layerNorm: LayerNormalization,
  groupNorm: (x, gamma, beta, options) => {
    const y = meanGroupNorm(x, gamma, beta, options)
    return options.silu ? plainSilu(y) : y
  },
  conv1x1: (x, kernel, bias) => Conv(x, kernel, bias),
  conv3x3: directConv,
  silu: plainSilu,
  gelu: erfGelu,
}

/** Pictures as [N, h, w, C], which GPUs like; the convolutions turn them around, for the CPU has none of that kind. */
export const channelsLastTarget: Target = {
  ...plainTarget,
  layout: 'channels-last',
  groupNorm: (x, gamma, beta, options) => {
    const y = meanGroupNorm(x, gamma, beta, options, 'channels-last')
    return options.silu ? plainSilu(y) : y
  },
  conv1x1: (x, kernel, bias) => channelsLast(Conv(channelsFirst(x), kernel, bias)),
  conv3x3: (x, kernel, bias, options) => channelsLast(directConv(channelsFirst(x), kernel, bias, options)),
}

const channelsFirst = (x: Parameters<typeof Transpose>[0]) => Transpose(x, [0, 3, 1, 2])
const channelsLast = (x: Parameters<typeof Transpose>[0]) => Transpose(x, [0, 2, 3, 1])
