// Merged weights: those that deltas touch, with these applied one after the other in their order.

import type { LoraPart, Named } from '../../dialects/parts.ts'
import { float32Of, type Tensor } from '../../tensor/tensor.ts'
import type { AppliedDelta } from '../runtime/adapter-plan.ts'
import { mergeDelta } from './merge.ts'

export interface MergedWeight {
  readonly part: LoraPart
  readonly weight: string
  readonly shape: readonly number[]
  /** Computed each time: a large model's do not fit in memory together. */
  values(): Float32Array
}

export function mergedWeights(applied: readonly AppliedDelta[], nets: Readonly<Partial<Record<LoraPart, Named>>>): MergedWeight[] {
  const touching = Map.groupBy(applied, ({ delta: { part, weight } }) => `${part} ${weight}`)
  return [...touching.values()].map((here) => {
    const { part, weight } = here[0]!.delta
    const tensor: Tensor = nets[part]!.get(weight)!
    const { shape } = tensor
    return {
      part,
      weight,
      shape,
      values: () => here.reduce((values, { delta, strength }) => mergeDelta(values, shape, delta, strength), float32Of(tensor)),
    }
  })
}

/** `unet/conv_in.weight`: both nets may have a weight of one name. */
export const mergedName = ({ part, weight }: Pick<MergedWeight, 'part' | 'weight'>): string => `${part}/${weight}`
