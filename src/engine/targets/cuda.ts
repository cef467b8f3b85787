// CUDA. Its options are out of reach under Node, so what they would do is written into the graph: channels last, fused operators.
// Widths that the kernels take, from ONNX Runtime's sources: contrib_ops/cuda/diffusion/{group_norm_impl.cu,bias_split_gelu.cc},
// bias_add.cc. Proven by the shapes, and by the same graph spelled with ordinary operators on CPU; not run on a GPU by this project.

import type { Ability } from './ability.ts'
import { channelsLast, type FusedWidths } from './channels-last.ts'
import type { Target } from './target.ts'

const groupNormWidths = new Set([128, 256, 320, 512, 640, 960, 1280, 1920, 2560])
const gegluWidths = new Set([2560, 5120, 10240])
const biasAddWidths = new Set([320, 640, 1280])

const published: FusedWidths = {
  groupNorm: (channels, groups) => groups === 32 && groupNormWidths.has(channels),
  geglu: (width) => gegluWidths.has(width),
  biasAdd: (width) => biasAddWidths.has(width),
}

export const cuda = (ability: Ability, fits: FusedWidths = published): Target => channelsLast('cuda', ability, fits)
