// CLIP's text encoder (ViT-L/14 in Stable Diffusion v1): a causal transformer over token ids.
// B prompts  L tokens (77)  D width

import type { TextArchitecture } from '../checkpoint/architecture/architecture.ts'
import type { Value } from '../onnx/graph.ts'
import { Add, Cast, Gather, Mul, Slice } from '../onnx/ops.ts'
import { clipLayer } from './clip-layer.ts'
import { layerNorm } from './layers.ts'
import { block, type Weights } from './weights.ts'

/** Token embeddings before positions are added: ids [B, L] → [B, L, D]. Apart, because a style may put vectors of its own in their place. */
export const tokenEmbedding = (w: Weights, ids: Value, { vocabulary, width }: TextArchitecture): Value =>
  Gather(w.at('text_model.embeddings').get('token_embedding.weight', [vocabulary, width]), ids)

/** Textual inversion (Gal et al., arXiv 2208.01618): where keep [B, L, 1] is 0, the vector stands, which is 0 everywhere else. Exact. */
export const withVectors = (tokens: Value, keep: Value, vectors: Value): Value =>
  Add(Mul(tokens, Cast(keep, tokens.type)), Cast(vectors, tokens.type))

/** clipSkip 1 is the last layer's state, 2 the one before it; the final norm follows either. tokens [B, L, D] → [B, L, D] */
export const textEncoder = block((w: Weights, tokens: Value, arch: TextArchitecture, clipSkip: number): Value => {
  const text = w.at('text_model')
  const positions = text.get('embeddings.position_embedding.weight', [arch.positions, arch.width])
  const L = tokens.shape[1]!
  // Fine-tuned for longer texts (Long-CLIP, arXiv 2403.15378, has 248): tokens see those before them alone, so a shorter text is exact.
  let x = Add(tokens, L < arch.positions ? Slice(positions, 0, 0, L) : positions) // [B, L, D]
  for (let i = 0; i <= arch.layers - clipSkip; i++) x = clipLayer(text.at(`encoder.layers.${i}`), x, { ...arch, causal: true })
  return Cast(layerNorm(text.at('final_layer_norm'), x), 'float32')
})
