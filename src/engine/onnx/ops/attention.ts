// Attention over heads, one node for the softmax and both products.

import type { Value } from '../graph.ts'
import { addNode, microsoft } from './add-node.ts'
import { check, sameType } from './shape-rules.ts'

function attentionShape(op: string, q: Value, k: Value, v: Value, heads: number): readonly number[] {
  sameType(op, q, k, v)
  const [N, , C] = q.shape
  const rows = [q, k, v].every(({ shape }) => shape.length === 3 && shape[0] === N && shape[2] === C)
  check(rows && k.shape[1] === v.shape[1] && C! % heads === 0, op, `q [N, S, C], k and v [N, L, C], C divisible by ${heads} heads`, q, k, v)
  return [q.shape[0]!, q.shape[1]!, v.shape[2]!]
}

/** Opset 23: q [N, S, C], k and v [N, L, C] → [N, S, C], scale 1/√(C/heads). */
export const Attention = (q: Value, k: Value, v: Value, { heads, causal = false }: { heads: number; causal?: boolean }): Value =>
  addNode('Attention', [q, k, v], attentionShape('Attention', q, k, v, heads), {
    q_num_heads: heads,
    kv_num_heads: heads,
    is_causal: causal ? 1 : 0,
  })

/** com.microsoft: flash on CPU, fused on CUDA. q [N, S, C], k and v [N, L, C] → [N, S, C]. */
export const MultiHeadAttention = (q: Value, k: Value, v: Value, { heads }: { heads: number }): Value =>
  addNode('MultiHeadAttention', [q, k, v], attentionShape('MultiHeadAttention', q, k, v, heads), { num_heads: heads }, microsoft)
