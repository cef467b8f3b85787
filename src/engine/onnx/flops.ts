// FLOP counting: multiplications and additions of a graph's products, counted apart, as its authors would count them.
// A convolution counts as the direct form computes it; what is written otherwise to compute less is measured against that.

import { elementsOf } from '../checkpoint/tensor/tensor.ts'
import type { Graph, Node } from './graph.ts'

/** Of one run. Sums, norms and activations are left out: they are a few in a hundred. @throws Error for Winograd's form, which hides what it stands for */
export function flopsOf({ name, nodes }: Graph): number {
  if (nodes.some(({ op }) => op === 'ConvTranspose')) throw new Error(`${name} holds convolutions in Winograd's form`)
  return nodes.reduce((sum, node) => sum + nodeFlops(node), 0)
}

function nodeFlops({ op, inputs, outputs, attributes }: Node): number {
  const out = elementsOf(outputs[0]!.shape)
  const shape = (i: number): readonly number[] => inputs[i]!.shape
  switch (op) {
    case 'MatMul':
    case 'FusedMatMul':
      return 2 * out * shape(0).at(-1)!
    case 'Conv':
    case 'NhwcConv':
      return 2 * out * elementsOf(shape(1).slice(1)) // each output meets one kernel; [K, C/group, kh, kw] or [K, kh, kw, C/group]
    case 'Attention':
    case 'MultiHeadAttention': {
      const [L] = shape(1).slice(1)
      const causal = attributes['is_causal'] === 1
      return (causal ? 2 : 4) * out * L! // q kᵀ, then the scores times v
    }
    default:
      return 0
  }
}
