// Matrix products.

import type { Value } from '../graph.ts'
import { addNode, microsoft } from './add-node.ts'
import { broadcast, check, sameType } from './shape-rules.ts'

function productShape(op: string, a: Value, b: Value, transB = false, transA = false): number[] {
  sameType(op, a, b)
  check(a.shape.length >= 2 && b.shape.length >= 2, op, 'two matrices', a, b)
  const sides = ({ shape }: Value, turned: boolean): [number, number] => {
    const [p, q] = shape.slice(-2) as [number, number]
    return turned ? [q, p] : [p, q]
  }
  const [rows, inner] = sides(a, transA)
  const [innerB, columns] = sides(b, transB)
  check(inner === innerB, op, 'equal inner sides', a, b)
  const batch = broadcast(op, { ...a, shape: a.shape.slice(0, -2) }, { ...b, shape: b.shape.slice(0, -2) })
  return [...batch, rows, columns]
}

export const MatMul = (a: Value, b: Value): Value => addNode('MatMul', [a, b], productShape('MatMul', a, b))

export interface Turned {
  readonly transA?: boolean
  readonly transB?: boolean
  readonly alpha?: number
}

/** alpha · a b, either turned without a Transpose node. CPU, CUDA and DirectML have it, WebGPU does not. */
export function FusedMatMul(a: Value, b: Value, { transA = false, transB = false, alpha = 1 }: Turned): Value {
  const attributes = { ...(transA ? { transA: 1 } : {}), transB: transB ? 1 : 0, alpha: { float: alpha } }
  return addNode('FusedMatMul', [a, b], productShape('FusedMatMul', a, b, transB, transA), attributes, microsoft)
}
