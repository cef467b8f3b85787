// CLIP's image encoder, with the projection into the space that it shares with texts: a transformer over patches of a picture. Radford et al.
// (arXiv 2103.00020); names as in transformers' CLIPModel, whose `pre_layrnorm` is spelled so.
// N pictures  S side of a picture  P patches  D width  E width of the embedding

import type { Value } from '../onnx/graph.ts'
import { Add, Concat, Conv, Expand, Reshape, Slice, Transpose } from '../onnx/ops.ts'
import { type ClipLayer, clipLayer } from './clip-layer.ts'
import { layerNorm, linear } from './layers.ts'
import { block, type Weights } from './weights.ts'

export interface ImageArchitecture extends ClipLayer {
  readonly layers: number
  /** Pixels of a picture's side, and of a patch's. */
  readonly side: number
  readonly patch: number
  readonly embedding: number
}

export interface EncodedImage {
  /** Before the last norm, [N, 1 + P, D]: the picture's own token first. */
  readonly hidden: Value
  /** Of that token, normed: [N, D]. */
  readonly pooled: Value
  /** [N, E], of no particular length. */
  readonly embedding: Value
}

/** pixels [N, 3, S, S], about zero: see measures/clip-pixels.ts */
export const imageEncoder = block((w: Weights, pixels: Value, arch: ImageArchitecture): EncodedImage => {
  const { width: D, side, patch, layers, embedding } = arch
  const [N] = pixels.shape as [number]
  const P = (side / patch) ** 2
  const vision = w.at('vision_model')
  const patches = Conv(pixels, vision.get('embeddings.patch_embedding.weight', [D, 3, patch, patch]), null, { stride: patch }) // [N, D, S/p, S/p]
  const tokens = Transpose(Reshape(patches, [N, D, P]), [0, 2, 1]) // [N, P, D]
  const own = Expand(Reshape(vision.get('embeddings.class_embedding', [D]), [1, 1, D]), [N, 1, D])
  let x = Concat([own, tokens], 1) // [N, 1 + P, D]
  x = Add(x, vision.get('embeddings.position_embedding.weight', [P + 1, D]))
  x = layerNorm(vision.at('pre_layrnorm'), x)
  for (let i = 0; i < layers; i++) x = clipLayer(vision.at(`encoder.layers.${i}`), x, arch)
  const pooled = Reshape(layerNorm(vision.at('post_layernorm'), Slice(x, 1, 0, 1)), [N, D])
  return { hidden: x, pooled, embedding: linear(w.at('visual_projection'), pooled, embedding) }
})
