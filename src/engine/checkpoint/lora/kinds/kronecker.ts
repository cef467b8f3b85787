// Kronecker: LoKr, whose sides are whole or low-rank.

import type { Additive } from '../delta.ts'
import { product, shaped, wrongShape } from '../factors.ts'
import { type AdapterReader, scaleOf, touching } from './adapter-reader.ts'

export const kronecker: AdapterReader<Additive> = (adapter, take) => {
  const [k1, k1a, k2, k2a] = [take('k1'), take('k1a'), take('k2'), take('k2a')]
  if (!k1 && !k1a && !k2 && !k2a) return undefined
  const [out, input, ...kernel] = adapter.weight.shape as [number, number, ...number[]]
  const k1b = k1 ? undefined : take.need('k1b')
  const rows = k1 ? k1.shape[0]! : take.need('k1a').shape[0]!
  const columns = k1 ? k1.shape[1]! : k1b!.shape[1]!
  if (out % rows || input % columns) throw wrongShape(adapter, k1 ?? k1b!, [out, input])
  const left = k1 ? shaped(adapter, k1, [rows, columns]) : product(adapter, { up: k1a!, down: k1b!, out: rows, inner: [columns] })
  const rest = [out / rows, input / columns, ...kernel] as const
  const mid = take('kt2')
  const right = k2
    ? shaped(adapter, k2, rest)
    : product(adapter, {
        up: take.need('k2a'),
        mid,
        down: take.need('k2b'),
        out: rest[0],
        inner: rest.slice(1),
        upTransposed: mid !== undefined,
      })
  const rank = 'rank' in right ? right.rank : 'rank' in left ? left.rank : undefined
  // Without a thin factor there is no rank, and LyCORIS writes any alpha.
  return { kind: 'kronecker', ...touching(adapter), left, right, scale: rank === undefined ? 1 : scaleOf(adapter, rank) }
}
