// Applied LoRAs: those of a style on a model, checked, and divided into what is applied at run time and what is merged into the weights.

import { basename } from 'node:path'
import { fileStamp } from '../checkpoint/file-stamp.ts'
import { type AppliedDelta, planLoras, shapesIn } from '../checkpoint/lora/adapter-plan.ts'
import type { ParsedLora } from '../checkpoint/lora/delta.ts'
import type { TensorFile } from '../checkpoint/tensor.ts'
import { type Note, UserError } from '../errors.ts'
import { createLruCache } from '../lru-cache.ts'
import { type CachedLora, createLoraCache, type LoraCache } from './lora-cache.ts'
import { type Model, type NamedLora, netsOf } from './model.ts'
import type { OpenModel } from './model-cache.ts'
import { type RuntimeAdapters, runtimeAdapters } from './runtime-adapters.ts'
import { unusedNotes } from './unused-tensors.ts'

export interface AppliedLoras {
  readonly adapters: RuntimeAdapters
  /** Tells the text encoder's run-time adapters from others; '' for none. */
  readonly textKey: string
  readonly merged: readonly AppliedDelta[]
  /** Of the file that a delta comes from. */
  stampOf(applied: AppliedDelta): string
  /** One of them was distilled to draw in a few steps. */
  readonly hasLcmLora: boolean
  readonly notes: readonly Note[]
  /** In memory, at least. */
  bytes(): number
}

/** @throws UserError `lora-strength`, and what `readLora` throws */
export type ApplyLoras = (base: Pick<OpenModel, 'model' | 'keys'>, loras: readonly NamedLora[]) => AppliedLoras

/** @param budgetBytes of files that stay in memory, and as much again of styles made of them */
export function createApplyLoras(budgetBytes: number): ApplyLoras {
  const cache = createLoraCache(budgetBytes)
  const applied = createLruCache<AppliedLoras>(budgetBytes, (it) => it.bytes())
  return ({ model, keys }, loras) => {
    const base = [keys.text, keys.unet, keys.motion].join(' ')
    // Strengths as text, because JSON has no word for what is no number.
    const key = JSON.stringify([base, loras.map(({ file, strength, merged }) => [fileStamp(file), file, String(strength), merged])])
    return applied.get(key, () => applyLoras(model, base, loras, cache))
  }
}

function applyLoras(model: Model, base: string, loras: readonly NamedLora[], cache: LoraCache): AppliedLoras {
  const cached = loras.map(({ file, strength, merged = false }) => {
    if (!Number.isFinite(strength)) {
      throw new UserError('lora-strength', `The strength of ${basename(file)} is a number such as 0.8, not ${strength}.`, {
        file,
        strength,
      })
    }
    return { ...cache(file, base, model), strength, merged }
  })
  const byLora = new Map<ParsedLora, CachedLora>(cached.map((it) => [it.lora, it]))
  const from = ({ lora }: AppliedDelta): CachedLora => byLora.get(lora)!
  const { adapters, merged } = planLoras(cached, shapesIn(netsOf(model)))
  const atRuntime = runtimeAdapters(model, adapters, (applied) => from(applied).factorsOf(applied.delta))
  return {
    adapters: atRuntime,
    textKey: keyOf(
      adapters.filter(({ delta }) => delta.part === 'text'),
      from,
    ),
    merged,
    stampOf: (applied) => from(applied).stamp,
    hasLcmLora: cached.some(({ lora, metadata, strength }) => strength > 0 && saysLcm({ path: lora.path, metadata })),
    notes: cached.flatMap(({ lora: { path, ignored } }) => unusedNotes(path, ignored)),
    bytes: () => cached.reduce((sum, it) => sum + it.bytes(), atRuntime.bytes()),
  }
}

const keyOf = (applied: readonly AppliedDelta[], from: (applied: AppliedDelta) => CachedLora): string =>
  [...new Set(applied.map((it) => `${from(it).stamp} ${it.strength}`))].join('\n')

/** Whether a LoRA was distilled: its tensors do not tell, only its name or what its trainer wrote. */
export const saysLcm = ({ path, metadata }: Pick<TensorFile, 'path' | 'metadata'>): boolean =>
  [basename(path), metadata.get('modelspec.title'), metadata.get('ss_output_name')].some((text) => /lcm/i.test(text ?? ''))
