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

const dear: ReadonlySet<string> = new Set(['Conv', 'MatMul', 'FusedMatMul', 'Gemm', 'Attention', 'MultiHeadAttention'])

/** The spatial feed-forwards' first layers give eight times what they read: a third of all that would be kept, for a twentieth of a forward pass. */
const wide = /\battentions\.\d+\..*\bff\.net\.0\b/

const table: Readonly<Record<Recomputation, Checkpointing | undefined>> = {
  none: undefined,
  selective: { segmentOf, keeps: ({ op, name }) => dear.has(op) && !wide.test(name) },
  full: { segmentOf },
}

export const checkpointingFor = (recomputation: Recomputation): { readonly checkpointing?: Checkpointing } => {
  const checkpointing = table[recomputation]
  return checkpointing ? { checkpointing } : {}
}
