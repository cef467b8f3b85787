// Hadamard: LoHa, the product of two low-rank matrices element by element.

import type { Additive } from '../delta.ts'
import { product } from '../factors.ts'
import { type AdapterReader, scaleOf, touching } from './adapter-reader.ts'

export const hadamard: AdapterReader<Additive> = (adapter, take) => {
  const w1a = take('w1a')
  if (!w1a) return undefined
  const [out, ...inner] = adapter.weight.shape as [number, ...number[]]
  const [t1, t2] = [take('t1'), take('t2')]
  const one = product(adapter, { up: w1a, mid: t1, down: take.need('w1b'), out, inner, upTransposed: t1 !== undefined })
  const other = product(adapter, { up: take.need('w2a'), mid: t2, down: take.need('w2b'), out, inner, upTransposed: t2 !== undefined })
  return { kind: 'hadamard', ...touching(adapter), one, other, scale: scaleOf(adapter, one.rank) }
}
