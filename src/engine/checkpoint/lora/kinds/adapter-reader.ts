// A reader of one kind of adapter: from its tensors in the file to what it does to its weight.

import { elementsOf, float32Of, type Tensor } from '../../tensor/tensor.ts'
import type { LoraDelta } from '../delta.ts'
import { type Adapter, severalNumbers } from '../factors.ts'
import type { TensorRole } from '../tensor-roles.ts'

/** Undefined where the module has no adapter of this kind. `take` remembers what was asked for. */
export type AdapterReader<D extends LoraDelta> = (adapter: Adapter, take: Take) => D | undefined

export interface Take {
  (role: TensorRole): Tensor | undefined
  /** The partner of one that is there. @throws UserError `lora-incomplete` */
  need(role: TensorRole): Tensor
}

export const touching = ({ module }: Adapter, end: 'weight' | 'bias' = 'weight') => ({ part: module.part, weight: `${module.path}.${end}` })

/** 0 where the file has none. */
export const alphaOf = (adapter: Adapter): number => numberIn(adapter, 'alpha') ?? 0

/** Undefined where it has none, or an empty one. @throws UserError `lora-number`, before anything of another size is read */
export function numberIn(adapter: Adapter, role: 'alpha' | 'scale' | 'onInput'): number | undefined {
  const tensor = adapter.tensors.get(role)
  const elements = tensor ? elementsOf(tensor.shape) : 0
  if (elements > 1) throw severalNumbers(adapter, tensor!)
  return elements === 1 ? float32Of(tensor!)[0]! : undefined
}

/**
 * alpha / rank; no alpha, or 0, means what the adapter's configuration says, and otherwise 1 (sd-scripts networks/lora.py). A scale of the
 * module's own stands in place of it all (AUTOMATIC1111 extensions-builtin/Lora/network.py).
 */
export const scaleOf = (adapter: Adapter, rank: number): number => {
  const scale = numberIn(adapter, 'scale')
  if (scale !== undefined) return scale
  const alpha = alphaOf(adapter)
  return alpha === 0 ? (adapter.scaleOf(adapter.module.path, rank) ?? 1) : alpha / rank
}
