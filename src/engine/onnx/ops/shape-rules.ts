// Shape rules that operators share: what they check of their inputs, and broadcasting.

import type { Value } from '../graph.ts'

/** @throws Error that names the operator, the rule and the values' shapes. */
export function check(ok: boolean, op: string, why: string, ...values: (Value | null)[]): void {
  if (ok) return
  const got = values.map((v) => (v ? `${v.name} ${v.type}[${v.shape}]` : 'none')).join(', ')
  throw new Error(`${op}: ${why}; got ${got}`)
}

export const sameType = (op: string, ...values: Value[]): void =>
  check(
    values.every((v) => v.type === values[0]!.type),
    op,
    'one element type',
    ...values,
  )

/** NumPy's broadcasting, right-aligned. */
export function broadcast(op: string, a: Value, b: Value): number[] {
  const rank = Math.max(a.shape.length, b.shape.length)
  return Array.from({ length: rank }, (_, i) => {
    const x = a.shape[i - rank + a.shape.length] ?? 1
    const y = b.shape[i - rank + b.shape.length] ?? 1
    check(x === y || x === 1 || y === 1, op, 'shapes that broadcast', a, b)
    return Math.max(x, y)
  })
}
