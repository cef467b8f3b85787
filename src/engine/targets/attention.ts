// Attention: the forms of softmax(q kᵀ / √d) v. Which one is fastest, or right at all, depends on device and shape.
// q [N, S, C], k and v [N, L, C]; heads are consecutive runs of d = C/heads channels.

import type { Value } from '../onnx/graph.ts'
import { Add, Attention, Concat, MatMul, Mul, MultiHeadAttention, Reshape, Slice, Softmax, Transpose } from '../onnx/ops.ts'
import type { Ability } from './ability.ts'
import type { AttentionOptions, Target } from './target.ts'

export type AttentionForm = (q: Value, k: Value, v: Value, options: Omit<AttentionOptions, 'kind'>) => Value

/** Fused where the self-test found the device's kernel right for that kind. */
export const testedAttention =
  ({ fused }: Pick<Ability, 'fused'>, plain: AttentionForm): Target['attention'] =>
  (q, k, v, options) => {
    const tested = fused.has(options.kind) && q.shape[2]! / options.heads <= widestTestedHead
    return (tested && !options.causal ? fusedAttention : plain)(q, k, v, options)
  }

/** The VAE's single head is 512 wide, and no kernel was made for such. */
const widestTestedHead = 256

/** Opset 23's operator: fastest on CPU for cross and temporal attention; builds the whole score matrix. */
export const opsetAttention: AttentionForm = (q, k, v, options) => Attention(q, k, v, options)

/** Flash on CPU, fused on GPUs: fastest for long sequences, and its memory does not grow with their square. */
export const fusedAttention: AttentionForm = (q, k, v, { heads, causal }) => {
  if (causal) throw new Error('MultiHeadAttention is written without a causal mask here; use another form')
  return MultiHeadAttention(q, k, v, { heads })
}

/** Three plain operators, right on every device. Queries are sliced so that no score matrix passes `maxScores` elements. */
export const plainAttention =
  ({ maxScores = 1 << 26 }: { maxScores?: number } = {}): AttentionForm =>
  (q, k, v, { heads, causal }) => {
    const [N, S, C] = q.shape as [number, number, number]
    const L = k.shape[1]!
    const d = C / heads
    const split = (x: Value): Value => Reshape(x, [N, x.shape[1]!, heads, d])
    const scale = q.graph.constant([1 / Math.sqrt(d)], [], q.type as 'float32' | 'float16')
    const queries = Mul(Transpose(split(q), [0, 2, 1, 3]), scale) // [N, heads, S, d]
    const keys = Transpose(split(k), [0, 2, 3, 1]) // [N, heads, d, L]
    const values = Transpose(split(v), [0, 2, 1, 3]) // [N, heads, L, d]
    const rows = Math.max(1, Math.min(S, Math.floor(maxScores / (N * heads * L))))
    const parts: Value[] = []
    for (let start = 0; start < S; start += rows) {
      const end = Math.min(S, start + rows)
      const part = rows === S ? queries : Slice(queries, 2, start, end)
      let scores = MatMul(part, keys) // [N, heads, rows, L]
      if (causal) scores = masked(scores, start, end)
      parts.push(MatMul(Softmax(scores), values)) // [N, heads, rows, d]
    }
    const y = parts.length === 1 ? parts[0]! : Concat(parts, 2)
    return Reshape(Transpose(y, [0, 2, 1, 3]), [N, S, C])
  }

/** Scores of rows start..end with what lies after each position pushed out of the softmax. */
function masked(scores: Value, start: number, end: number): Value {
  const L = scores.shape.at(-1)!
  const mask = new Float32Array((end - start) * L)
  for (let row = start; row < end; row++) mask.fill(-10_000, (row - start) * L + row + 1, (row - start + 1) * L)
  return Add(scores, scores.graph.constant(mask, [end - start, L], scores.type as 'float32' | 'float16'))
}
