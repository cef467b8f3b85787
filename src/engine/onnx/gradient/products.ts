// Products on the way back: y = alpha A B, A and B being a and b as they lie or turned, gives dA = alpha dy Bᵀ and dB = alpha Aᵀ dy.

import { elementsOf } from '../../checkpoint/tensor/tensor.ts'
import type { Node, Value } from '../graph.ts'
import { FusedMatMul, MatMul, Mul, Reshape, Transpose, type Turned } from '../ops.ts'
import { type Call, floatOf, type Kernels } from './rule.ts'

export const number = ({ graph, type }: Value, value: number): Value => graph.constant([value], [], type as 'float32' | 'float16')

/** x · factor. */
export const times = (x: Value, factor: number): Value => (factor === 1 ? x : Mul(x, number(x, factor)))

/** alpha · a b, either turned in its last two axes. */
export function product(a: Value, b: Value, turned: Turned, { fusedMatMul }: Kernels): Value {
  const { transA = false, transB = false, alpha = 1 } = turned
  if (fusedMatMul && (transA || transB || alpha !== 1)) return FusedMatMul(a, b, turned)
  return times(MatMul(transA ? lastTwoTurned(a) : a, transB ? lastTwoTurned(b) : b), alpha)
}

function lastTwoTurned(x: Value): Value {
  const rank = x.shape.length
  return Transpose(x, [...Array(rank - 2).keys(), rank - 1, rank - 2])
}

export const turnedBy = ({ attributes }: Node): Turned => ({
  transA: attributes['transA'] === 1,
  transB: attributes['transB'] === 1,
  alpha: floatOf(attributes['alpha']),
})

export function productGradient({ dy, x, node, kernels }: Call, { transA = false, transB = false, alpha = 1 }: Turned): (() => Value)[] {
  const [a, b] = node.inputs as [Value, Value]
  const of = (p: Value, q: Value, turned: Turned): Value => product(p, q, { ...turned, alpha }, kernels)
  // All batches share the matrix b: their rows are the rows of one product, which sums over them.
  const shared = b.shape.length === 2 && !transA
  const rows = (v: Value): Value => (shared ? Reshape(v, [elementsOf(v.shape.slice(0, -1)), v.shape.at(-1)!]) : v)
  const da = (): Value => (transA ? of(x(1), dy, { transA: transB, transB: true }) : of(rows(dy), x(1), { transB: !transB }))
  const db = (): Value =>
    transB ? of(rows(dy), rows(x(0)), { transA: true, transB: transA }) : of(rows(x(0)), rows(dy), { transA: !transA })
  return [() => (shared ? Reshape(da(), a.shape) : da()), db]
}
