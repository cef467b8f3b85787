// Attention on the way back. The forward operator keeps no probabilities, so they are computed again, some queries at a time.
// P = softmax(q kᵀ/√d), O = P v: dv = Pᵀ dO, dS = P (dO vᵀ − rowsum(dO O)), dq = dS k/√d, dk = dSᵀ q/√d.
// q [N, S, C], k and v [N, L, C]; H heads of d = C/H channels

import { elementsOf } from '../../checkpoint/tensor/tensor.ts'
import type { Value } from '../graph.ts'
import { Add, Concat, Expand, Mul, Neg, ReduceSum, Reshape, Slice, Softmax, Sub, Transpose } from '../ops.ts'
import { number, product, times } from './products.ts'
import type { Call, Rule } from './rule.ts'

/** Elements of a matrix of scores, 64 MiB in float32: three of them stand at once. */
const maxScores = 1 << 24

export const attentionGradient: Rule = (call) => {
  let known: Gradients | undefined
  const all = (): Gradients => (known ??= attend(call))
  return [() => all().dq, () => all().dk, () => all().dv]
}

interface Gradients {
  readonly dq: Value
  readonly dk: Value
  readonly dv: Value
}

function attend({ dy, x, y, node, kernels }: Call): Gradients {
  const { attributes } = node
  const H = (attributes['q_num_heads'] ?? attributes['num_heads']) as number
  const [N, S, C] = dy.shape as [number, number, number]
  const L = node.inputs[1]!.shape[1]!
  const d = C / H
  const alpha = 1 / Math.sqrt(d)
  const heads = (v: Value): Value => Transpose(Reshape(v, [N, v.shape[1]!, H, d]), [0, 2, 1, 3]) // [N, H, S or L, d]
  const [q, k] = [x(0), x(1)].map(heads) as [Value, Value]
  const dots = Transpose(ReduceSum(Reshape(Mul(dy, y()), [N, S, H, d]), [3]), [0, 2, 1, 3]) // [N, H, S, 1]
  const [v, dO] = [x(2), dy].map(heads) as [Value, Value]
  // One more channel takes the sum of a row off inside the product: with many keys that is less than a pass over all scores.
  const folds = L > 2 * d
  const one = (): Value => Expand(number(v, 1), [N, H, L, 1])
  const [vOne, dODot] = folds ? [Concat([v, one()], 3), Concat([dO, Neg(dots)], 3)] : [v, dO] // [N, H, L or S, d + 1 or d]

  const rows = Math.max(1, Math.min(S, Math.floor(maxScores / (N * H * L))))
  const dqs: Value[] = []
  let dk: Value | undefined // [N, H, d, L]: products with the short side in front are faster
  let dv: Value | undefined
  for (let start = 0; start < S; start += rows) {
    const end = Math.min(S, start + rows)
    const some = (it: Value): Value => (rows === S ? it : Slice(it, 2, start, end))
    const [qs, dOs] = [start === 0 ? some(q) : after(some(q), [dqs.at(-1)!, dk!, dv!]), some(dO)]
    const scores = product(qs, k, { transB: true, alpha }, kernels) // [N, H, rows, L]
    const P = Softmax(attributes['is_causal'] === 1 ? masked(scores, start) : scores)
    const dP = product(some(dODot), vOne, { transB: true }, kernels)
    const dS = Mul(P, folds ? dP : Sub(dP, some(dots)))
    dqs.push(product(dS, k, { alpha }, kernels))
    const [dks, dvs] = [product(qs, dS, { transA: true, alpha }, kernels), product(dOs, P, { transA: true }, kernels)]
    dk = dk ? Add(dk, dks) : dks
    dv = dv ? Add(dv, dvs) : dvs
  }
  const dq = dqs.length === 1 ? dqs[0]! : Concat(dqs, 2)
  const turned = (it: Value): Value => Transpose(Reshape(it, [N, C, L]), [0, 2, 1])
  return { dq: Reshape(Transpose(dq, [0, 2, 1, 3]), [N, S, C]), dk: turned(dk!), dv: turned(dv!) }
}

/** x, but not before these are there: otherwise all slices might be computed before the first is used up. */
function after(x: Value, others: readonly Value[]): Value {
  const nothing = (y: Value): Value => times(Slice(Reshape(y, [elementsOf(y.shape)]), 0, 0, 1), 0)
  return others.reduce((sum, y) => Add(sum, nothing(y)), x)
}

/** Row i of these is query `start` + i, which sees no key behind its own. */
function masked(scores: Value, start: number): Value {
  const [rows, L] = scores.shape.slice(2) as [number, number]
  const mask = Float32Array.from({ length: rows * L }, (_, i) => (i % L > start + Math.floor(i / L) ? -10_000 : 0))
  return Add(scores, scores.graph.constant(mask, [rows, L], scores.type as 'float32' | 'float16'))
}
