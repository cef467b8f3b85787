// A full difference: LyCORIS's, of weights, norms and biases.

import type { Additive, LoraDelta } from '../delta.ts'
import { shaped } from '../factors.ts'
import { type AdapterReader, touching } from './adapter-reader.ts'

export const fullDifference: AdapterReader<Additive> = (adapter, take) => {
  const values = take('diff') ?? take('normWeight')
  return values && { kind: 'addition', ...touching(adapter), values: shaped(adapter, values, adapter.weight.shape) }
}

export const biasDifference: AdapterReader<LoraDelta> = (adapter, take) => {
  const values = take('diffBias') ?? take('normBias')
  if (!values || !adapter.bias) return undefined
  return { kind: 'addition', ...touching(adapter, 'bias'), values: shaped(adapter, values, adapter.bias.shape) }
}
