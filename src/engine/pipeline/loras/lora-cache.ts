// A LoRA cache: files that were read, their factors in memory. Going from one style to another must wait for no disk.

import type { LowRank, ParsedLora } from '../../checkpoint/lora/delta.ts'
import { lowRankFactors } from '../../checkpoint/lora/merge/merge.ts'
import { readLora } from '../../checkpoint/lora/read.ts'
import type { Factors } from '../../checkpoint/lora/runtime/adapter-inputs.ts'
import { openTensorFile } from '../../checkpoint/open.ts'
import { fileStamp } from '../../checkpoint/tensor/file-stamp.ts'
import type { TensorFile } from '../../checkpoint/tensor/tensor.ts'
import { createLruCache } from '../../lru-cache.ts'
import { type Model, netsOf } from '../model/model.ts'

export interface CachedLora {
  readonly lora: ParsedLora
  readonly metadata: TensorFile['metadata']
  readonly stamp: string
  /** Of one of its deltas, read when it is first asked for. */
  factorsOf(delta: LowRank): Factors
  /** Of the factors that were read, and some for their names. */
  bytes(): number
}

/** @param base tells the nets apart that the file is matched with @throws UserError what `readLora` throws */
export type LoraCache = (file: string, base: string, nets: Pick<Model, 'unet' | 'text' | 'motion'>) => CachedLora

/** @param budgetBytes of factors; the file asked for last always stays */
export function createLoraCache(budgetBytes: number): LoraCache {
  const cache = createLruCache<CachedLora>(budgetBytes, (it) => it.bytes())
  return (file, base, nets) => {
    const stamp = fileStamp(file)
    return cache.get(`${base}\n${file}\n${stamp}`, () => openLora(file, stamp, nets))
  }
}

function openLora(file: string, stamp: string, nets: Pick<Model, 'unet' | 'text' | 'motion'>): CachedLora {
  const opened = openTensorFile(file)
  const lora = readLora(opened, netsOf(nets))
  const known = new Map<LowRank, Factors>()
  let bytes = lora.deltas.reduce((sum, delta) => sum + (delta.kind === 'sparse' ? 8 * delta.values.length : 0), 1e6)
  return {
    lora,
    metadata: opened.metadata,
    stamp,
    factorsOf(delta) {
      const factors = known.get(delta) ?? { ...lowRankFactors(delta), rank: delta.rank }
      if (!known.has(delta)) bytes += factors.down.byteLength + factors.up.byteLength
      known.set(delta, factors)
      return factors
    },
    bytes: () => bytes,
  }
}
