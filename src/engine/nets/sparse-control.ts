// SparseCtrl: a copy of the UNet's way down that sees pictures for some frames and steers the UNet by what it adds to its skips.
// Guo et al., "SparseCtrl: Adding Sparse Controls to Text-to-Video Diffusion Models" (arXiv 2311.16933); names as in diffusers'
// SparseControlNetModel.
// B animations  F frames  N = B·F images  C channels  h w latent sides

import type { UNetArchitecture } from '../checkpoint/architecture/architecture.ts'
import type { Value } from '../onnx/graph.ts'
import { Cast, Mul, Reshape } from '../onnx/ops.ts'
import { addPerChannel, enter } from './image.ts'
import { conv1x1, conv3x3 } from './layers.ts'
import type { Motion } from './motion.ts'
import { encoder, inputsOf, type Residuals } from './unet.ts'
import { block, type Weights } from './weights.ts'

/** Before the names of its weights in a graph, because those are the names of the UNet that it was copied from. */
export const sparseControlPath = 'sparse_control'

export interface ResidualOptions {
  /** [1]; 1 is as it was trained. */
  readonly strength?: Value
  /** Of a condition in pixels, the channels of each convolution in front. */
  readonly embedding?: readonly number[]
}

/**
 * The noisy latents are not shown to it (the published settings zero them), so that of conv_in only the bias counts.
 * @param condition [(B F), K, h, w]: the pictures' latents, zeros where there is none, and last a mask, 1 where there is one; or pixels in
 *   0..1 and a mask [(B F), 4, H, W]
 * @param time [1, widths[0]]
 * @param context [B, L, D]
 */
export function sparseControl(
  w: Weights,
  condition: Value,
  time: Value,
  context: Value,
  arch: UNetArchitecture,
  motion: Motion | null,
  { strength, embedding = [] }: ResidualOptions = {},
): Residuals {
  const embedded = conditionEmbedding(w.at('controlnet_cond_embedding'), enter(w.target, condition), embedding, arch.widths[0]!)
  const bias = w.get('conv_in.bias', [arch.widths[0]!])
  const x = addPerChannel(w.target, embedded, Reshape(bias, [1, arch.widths[0]!])) // [N, C, h, w]
  const { skips, middle } = encoder(w, x, inputsOf(w, time, context, arch, motion))
  const scaled = (residual: Value): Value => (strength ? Mul(residual, Cast(strength, w.target.type)) : residual)
  return {
    skips: skips.map((skip, i) => scaled(projected(w.at(`controlnet_down_blocks.${i}`), skip))),
    middle: scaled(projected(w.at('controlnet_mid_block'), middle)),
  }
}

/** Latents are as large as what the encoder sees; pixels are halved by every second of its convolutions. */
const conditionEmbedding = block((w: Weights, x: Value, [first, ...others]: readonly number[], out: number): Value => {
  if (first === undefined) return conv3x3(w, x, out)
  x = w.target.silu(conv3x3(w.at('conv_in'), x, first)) // [N, C, H, W]
  for (const [i, C] of others.entries()) x = w.target.silu(conv3x3(w.at(`blocks.${i}`), x, C, { stride: i % 2 === 1 ? 2 : 1 }))
  return conv3x3(w.at('conv_out'), x, out) // [N, out, h, w]
})

/** What is shown for a frame: latents [4, h, w], or pixels in 0..1, [3, H, W]. */
export interface ControlPicture {
  readonly frame: number
  readonly values: Float32Array
}

/**
 * The condition for these frames, [F, K, h, w]: a picture's values and a mask of ones, and zeros for a frame without one.
 * @param size K, the mask among them, and h·w
 */
export function sparseCondition(
  pictures: readonly ControlPicture[],
  frames: readonly number[],
  { channels: K, places }: { readonly channels: number; readonly places: number },
): Float32Array {
  const condition = new Float32Array(frames.length * K * places)
  for (const [n, frame] of frames.entries()) {
    const shown = pictures.find((picture) => picture.frame === frame)
    if (!shown) continue
    const end = (n + 1) * K * places
    condition.set(shown.values, n * K * places)
    condition.fill(1, end - places, end)
  }
  return condition
}

/** Starts training at zero. */
const projected = block((w: Weights, x: Value): Value => conv1x1(w, x, x.shape[w.target.layout === 'channels-first' ? 1 : 3]!))
