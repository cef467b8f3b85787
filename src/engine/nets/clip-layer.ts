// A layer of CLIP's transformers, of its text encoder and of its image encoder alike.
// B rows  L tokens  D width

import type { Value } from '../onnx/graph.ts'
import { Add, QuickGelu } from '../onnx/ops.ts'
import { layerNorm, linear } from './layers.ts'
import { block, type Weights } from './weights.ts'

export interface ClipLayer {
  readonly width: number
  readonly heads: number
  readonly mlpWidth: number
  readonly activation: 'quick_gelu' | 'gelu'
  /** Every token sees those before it only. */
  readonly causal?: boolean
}

/** [B, L, D] → the same */
export const clipLayer = block((w: Weights, x: Value, { heads, mlpWidth, width, activation, causal = false }: ClipLayer): Value => {
  x = Add(x, selfAttention(w.at('self_attn'), layerNorm(w.at('layer_norm1'), x), heads, causal))
  const y = linear(w.at('mlp.fc1'), layerNorm(w.at('layer_norm2'), x), mlpWidth)
  return Add(x, linear(w.at('mlp.fc2'), activation === 'gelu' ? w.target.gelu(y) : QuickGelu(y, 1.702), width))
})

const selfAttention = block((w: Weights, x: Value, heads: number, causal: boolean): Value => {
  const D = x.shape.at(-1)!
  const q = linear(w.at('q_proj'), x, D)
  const k = linear(w.at('k_proj'), x, D)
  const v = linear(w.at('v_proj'), x, D)
  return linear(w.at('out_proj'), w.target.attention(q, k, v, { kind: 'self', heads, causal }), D)
})
