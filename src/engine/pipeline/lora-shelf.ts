// LoRA files that were read, their factors in memory: going from one style to another must wait for no disk.

import type { LoraFile, LowRank } from '../checkpoint/lora/delta.ts'
import type { Factors } from '../checkpoint/lora/feed.ts'
import { lowRankFactors } from '../checkpoint/lora/merge.ts'
import { readLora } from '../checkpoint/lora/read.ts'
import { openTensorFile } from '../checkpoint/open.ts'
import type { TensorFile } from '../checkpoint/tensor.ts'
import { type Model, netsOf } from './model.ts'
import { stampOf } from './stamp.ts'

export interface Shelved {
  readonly lora: LoraFile
  readonly metadata: TensorFile['metadata']
  readonly stamp: string
  /** Of one of its deltas, read when it is first asked for. */
  factorsOf(delta: LowRank): Factors
}

export interface LoraShelf {
  /** @param base tells the nets apart that the file is matched with @throws UserError what `readLora` throws */
  take(file: string, base: string, nets: Pick<Model, 'unet' | 'text' | 'motion'>): Shelved
}

/** @param budgetBytes of factors; the file asked for last always stays */
export function createLoraShelf(budgetBytes: number): LoraShelf {
  const shelf = new Map<string, { readonly shelved: Shelved; readonly bytes: () => number }>() // least used first
  return {
    take(file, base, nets) {
      const stamp = stampOf(file)
      const key = `${base}\n${stamp}`
      const found = shelf.get(key) ?? shelve(file, stamp, nets)
      shelf.delete(key)
      let bytes = [...shelf.values()].reduce((sum, it) => sum + it.bytes(), found.bytes())
      for (const [other, it] of shelf) {
        if (bytes <= budgetBytes) break
        bytes -= it.bytes()
        shelf.delete(other)
      }
      shelf.set(key, found)
      return found.shelved
    },
  }
}

function shelve(file: string, stamp: string, nets: Pick<Model, 'unet' | 'text' | 'motion'>) {
  const opened = openTensorFile(file)
  const lora = readLora(opened, netsOf(nets))
  const known = new Map<LowRank, Factors>()
  let bytes = 0
  const factorsOf = (delta: LowRank): Factors => {
    const factors = known.get(delta) ?? { ...lowRankFactors(delta), rank: delta.rank }
    if (!known.has(delta)) bytes += factors.down.byteLength + factors.up.byteLength
    known.set(delta, factors)
    return factors
  }
  return { shelved: { lora, metadata: opened.metadata, stamp, factorsOf }, bytes: () => bytes }
}
