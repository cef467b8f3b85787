// SparseCtrl: a copy of the UNet's way down that sees pictures for some frames and steers the UNet by what it adds to its skips.
// Guo et al., "SparseCtrl: Adding Sparse Controls to Text-to-Video Diffusion Models" (arXiv 2311.16933); names as in diffusers'
// SparseControlNetModel.
// B animations  F frames  N = B·F images  C channels  h w latent sides

import type { UNetArchitecture } from '../checkpoint/architecture/architecture.ts'
import type { Value } from '../onnx/graph.ts'
import { Reshape } from '../onnx/ops.ts'
import { addPerChannel, enter } from './image.ts'
import { conv1x1, conv3x3 } from './layers.ts'
import type { Motion } from './motion.ts'
import { encoder, inputsOf, type Residuals } from './unet.ts'
import { block, type Weights } from './weights.ts'

/**
 * The noisy latents are not shown to it (the published settings zero them), so that of conv_in only the bias counts.
 * @param condition [(B F), K, h, w]: the pictures' latents, zeros where there is none, and last a mask, 1 where there is one
 * @param time [1, widths[0]]
 * @param context [B, L, D]
 */
export function sparseControl(
  w: Weights,
  condition: Value,
  time: Value,
  context: Value,
  arch: UNetArchitecture,
  motion: Motion,
): Residuals {
  const embedded = conv3x3(w.at('controlnet_cond_embedding'), enter(w.target, condition), arch.widths[0]!)
  const bias = w.get('conv_in.bias', [arch.widths[0]!])
  const x = addPerChannel(w.target, embedded, Reshape(bias, [1, arch.widths[0]!])) // [N, C, h, w]
  const { skips, middle } = encoder(w, x, inputsOf(w, time, context, arch, motion))
  return {
    skips: skips.map((skip, i) => projected(w.at(`controlnet_down_blocks.${i}`), skip)),
    middle: projected(w.at('controlnet_mid_block'), middle),
  }
}

/** Starts training at zero. */
const projected = block((w: Weights, x: Value): Value => conv1x1(w, x, x.shape[w.target.layout === 'channels-first' ? 1 : 3]!))
