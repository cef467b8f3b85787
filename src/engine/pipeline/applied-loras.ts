// The LoRAs of a style on a model: checked, and told apart into what runs beside the weights and what is merged into them.

import { basename } from 'node:path'
import { stampOf } from '../checkpoint/file-stamp.ts'
import { type Laid, planLoras, shapesIn } from '../checkpoint/lora/adapter-plan.ts'
import type { LoraFile } from '../checkpoint/lora/delta.ts'
import type { TensorFile } from '../checkpoint/tensor.ts'
import { type Note, UserError } from '../errors.ts'
import { createLoraShelf, type LoraShelf, type Shelved } from './lora-cache.ts'
import { createKept } from './lru-cache.ts'
import { type Model, type NamedLora, netsOf } from './model.ts'
import type { OpenModel } from './model-cache.ts'
import { type Beside, besideOf } from './runtime-adapters.ts'
import { unusedNotes } from './unused-tensors.ts'

export interface LaidLoras {
  readonly beside: Beside
  /** Tells what runs beside the text encoder from other adapters; '' for none. */
  readonly textKey: string
  readonly merged: readonly Laid[]
  /** Of the file that a delta comes from. */
  stampOf(laid: Laid): string
  /** One of them was distilled to draw in a few steps. */
  readonly hasLcmLora: boolean
  readonly notes: readonly Note[]
  /** Of what it holds in memory, at least. */
  bytes(): number
}

/** @throws UserError `lora-strength`, and what `readLora` throws */
export type LayLoras = (base: Pick<OpenModel, 'model' | 'keys'>, loras: readonly NamedLora[]) => LaidLoras

/** @param budgetBytes of files that stay in memory, and as much again of styles made of them */
export function createLoras(budgetBytes: number): LayLoras {
  const shelf = createLoraShelf(budgetBytes)
  const kept = createKept<LaidLoras>(budgetBytes, (it) => it.bytes())
  return ({ model, keys }, loras) => {
    const base = [keys.text, keys.unet, keys.motion].join(' ')
    // Strengths as text, because JSON has no word for what is no number.
    const key = JSON.stringify([base, loras.map(({ file, strength, merged }) => [stampOf(file), file, String(strength), merged])])
    return kept.get(key, () => layLoras(model, base, loras, shelf))
  }
}

function layLoras(model: Model, base: string, loras: readonly NamedLora[], shelf: LoraShelf): LaidLoras {
  const taken = loras.map(({ file, strength, merged = false }) => {
    if (!Number.isFinite(strength)) {
      throw new UserError('lora-strength', `The strength of ${basename(file)} is a number such as 0.8, not ${strength}.`, {
        file,
        strength,
      })
    }
    return { ...shelf(file, base, model), strength, merged }
  })
  const shelved = new Map<LoraFile, Shelved>(taken.map((it) => [it.lora, it]))
  const from = ({ lora }: Laid): Shelved => shelved.get(lora)!
  const { beside, merged } = planLoras(taken, shapesIn(netsOf(model)))
  const laidBeside = besideOf(model, beside, (laid) => from(laid).factorsOf(laid.delta))
  return {
    beside: laidBeside,
    textKey: keyOf(
      beside.filter(({ delta }) => delta.part === 'text'),
      from,
    ),
    merged,
    stampOf: (laid) => from(laid).stamp,
    hasLcmLora: taken.some(({ lora, metadata, strength }) => strength > 0 && saysLcm({ path: lora.path, metadata })),
    notes: taken.flatMap(({ lora: { path, ignored } }) => unusedNotes(path, ignored)),
    bytes: () => taken.reduce((sum, it) => sum + it.bytes(), laidBeside.bytes()),
  }
}

const keyOf = (laid: readonly Laid[], from: (laid: Laid) => Shelved): string =>
  [...new Set(laid.map((it) => `${from(it).stamp} ${it.strength}`))].join('\n')

/** Whether a LoRA was distilled: its tensors do not tell, only its name or what its trainer wrote. */
export const saysLcm = ({ path, metadata }: Pick<TensorFile, 'path' | 'metadata'>): boolean =>
  [basename(path), metadata.get('modelspec.title'), metadata.get('ss_output_name')].some((text) => /lcm/i.test(text ?? ''))
