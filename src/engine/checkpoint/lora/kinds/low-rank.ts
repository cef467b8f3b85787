// Low rank: LoRA of every maker, LoCon, Tucker's form, and PEFT's bias of `up`.

import { float32Of, tensorOf } from '../../tensor/tensor.ts'
import type { Additive, LoraDelta } from '../delta.ts'
import { product, shaped } from '../factors.ts'
import { type AdapterReader, scaleOf, touching } from './adapter-reader.ts'

export const lowRank: AdapterReader<Additive> = (adapter, take) => {
  const { shape } = adapter.weight
  if (!take('down') && !take('up')) return undefined
  const [out, ...inner] = shape as [number, ...number[]]
  const { up, mid, down, rank } = product(adapter, { up: take.need('up'), mid: take('mid'), down: take.need('down'), out, inner })
  // Factors of a convolution are convolutions too.
  const ones = inner.slice(1).map(() => 1)
  return {
    kind: 'low-rank',
    ...touching(adapter),
    up: shaped(adapter, up, [out, rank, ...ones]),
    ...(mid ? { mid, down: shaped(adapter, down, [rank, inner[0]!, ...ones]) } : { down }),
    rank,
    scale: scaleOf(adapter, rank),
  }
}

/** PEFT's lora_bias: what `up` adds, scaled as its product is. */
export const upBias: AdapterReader<LoraDelta> = (adapter, take) => {
  const values = take('upBias')
  const rank = adapter.tensors.get('down')?.shape[0]
  if (!values || !adapter.bias || rank === undefined) return undefined
  const scale = scaleOf(adapter, rank)
  const scaled = float32Of(shaped(adapter, values, adapter.bias.shape)).map((value) => value * scale)
  return { kind: 'addition', ...touching(adapter, 'bias'), values: tensorOf(values.name, adapter.bias.shape, scaled) }
}
