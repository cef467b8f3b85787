// How much of the forward pass is kept for the way back: everything, only what was dear to compute, or only what enters each layer.
// Korthikanti et al., "Reducing Activation Recomputation in Large Transformer Models" (arXiv 2205.05198), section 5.

import type { Checkpointing } from '../onnx/gradient/checkpoints.ts'
import type { Node } from '../onnx/graph.ts'

export const recomputations = ['none', 'selective', 'full'] as const
/** From the fastest to what takes the least memory. */
export type Recomputation = (typeof recomputations)[number]

/** A layer of any of the nets: nodes are named after the blocks that write them. */
const layer = /^.*?\b(?:resnets|attentions|motion_modules|layers|downsamplers|upsamplers)\.\d+/

const segmentOf = ({ name }: Node): string | undefined => layer.exec(name)?.[0]

const dear: ReadonlySet<string> = new Set(['Conv', 'MatMul', 'FusedMatMul', 'Attention', 'MultiHeadAttention'])

/**
 * Of the spatial transformers what is large for what it costs: the first layers of feed-forwards, which give eight times what they read, and
 * queries. A sixth of all that would be kept, for a tenth of a forward pass.
 */
const cheap = /\battentions\.\d+\..*\b(ff\.net\.0|attn[12]\.to_q)\b/

const table: Readonly<Record<Recomputation, Checkpointing | undefined>> = {
  none: undefined,
  selective: { segmentOf, keeps: ({ op, name }) => dear.has(op) && !cheap.test(name) },
  full: { segmentOf },
}

export const checkpointingFor = (recomputation: Recomputation): { readonly checkpointing?: Checkpointing } => {
  const checkpointing = table[recomputation]
  return checkpointing ? { checkpointing } : {}
}
