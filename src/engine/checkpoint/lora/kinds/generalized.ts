// Generalized LoRA: GLoRA adds a product, and the weight itself times another one over its inputs.

import type { Additive } from '../delta.ts'
import { product } from '../factors.ts'
import { type AdapterReader, scaleOf, touching } from './adapter-reader.ts'

export const generalized: AdapterReader<Additive> = (adapter, take) => {
  if (!take('a1') && !take('b1')) return undefined
  const [out, ...inner] = adapter.weight.shape as [number, ...number[]]
  const mid = take('bm')
  const [a1, a2, b1, b2] = [take.need('a1'), take.need('a2'), take.need('b1'), take.need('b2')]
  // Early files have the factors of each pair the other way round; the long side tells, unless the weight is as thin as the rank.
  const [aUp, aDown] = a1.shape[0] === inner[0] && a2.shape[0] === a1.shape[1] ? [a1, a2] : [a2, a1]
  const [bUp, bDown] = b1.shape[0] === out && b2.shape[0] === b1.shape[1] ? [b1, b2] : [b2, b1]
  const a = product(adapter, { up: aUp, down: aDown, out: inner[0]!, inner: [inner[0]!] })
  const b = product(adapter, { up: bUp, mid, down: bDown, out, inner })
  return { kind: 'generalized', ...touching(adapter), a, b, scale: scaleOf(adapter, b.rank) }
}
