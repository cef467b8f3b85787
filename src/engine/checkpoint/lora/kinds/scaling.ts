// Scaling: IA³, one factor a channel.

import { float32Of } from '../../tensor/tensor.ts'
import type { LoraDelta } from '../delta.ts'
import { shaped } from '../factors.ts'
import { type AdapterReader, touching } from './adapter-reader.ts'

export const scaling: AdapterReader<LoraDelta> = (adapter, take) => {
  const by = take('by')
  if (!by) return undefined
  const onInput = adapter.tensors.get('onInput')
  const axis = onInput && float32Of(onInput)[0] !== 0 ? 'in' : 'out'
  const channels = adapter.weight.shape[axis === 'out' ? 0 : 1]!
  return { kind: 'scaling', ...touching(adapter), axis, by: shaped(adapter, by, [channels]) }
}
