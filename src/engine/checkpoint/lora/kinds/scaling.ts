// Scaling: IA³, one factor a channel.

import type { LoraDelta } from '../delta.ts'
import { shaped } from '../factors.ts'
import { type AdapterReader, numberIn, touching } from './adapter-reader.ts'

export const scaling: AdapterReader<LoraDelta> = (adapter, take) => {
  const by = take('by')
  if (!by) return undefined
  const axis = (numberIn(adapter, 'onInput') ?? 0) === 0 ? 'out' : 'in'
  const channels = adapter.weight.shape[axis === 'out' ? 0 : 1]!
  return { kind: 'scaling', ...touching(adapter), axis, by: shaped(adapter, by, [channels]) }
}
