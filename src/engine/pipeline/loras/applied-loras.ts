// Applied LoRAs: those of a style on a model, checked, and divided into what is applied at run time and what is merged into the weights.

import { basename } from 'node:path'
import type { ParsedLora } from '../../checkpoint/lora/delta.ts'
import { type AppliedDelta, planLoras, shapesIn } from '../../checkpoint/lora/runtime/adapter-plan.ts'
import { tellingName } from '../../checkpoint/telling-name.ts'
import { fileStamp } from '../../checkpoint/tensor/file-stamp.ts'
import type { Tensor, TensorFile } from '../../checkpoint/tensor/tensor.ts'
import { type Note, UserError } from '../../errors.ts'
import { createLruCache } from '../../lru-cache.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { type Distillation, distillationOf, mayBeDistilled } from '../../samplers/distillation.ts'
import { type Model, type NamedLora, netsOf } from '../model/model.ts'
import type { OpenModel } from '../model/model-cache.ts'
import { unusedNotes } from '../model/unused-tensors.ts'
import { type CachedLora, createLoraCache, type LoraCache } from './lora-cache.ts'
import { type RuntimeAdapters, runtimeAdapters } from './runtime-adapters.ts'

export interface AppliedLoras {
  readonly adapters: RuntimeAdapters
  /** Tells the text encoder's run-time adapters from others; '' for none. */
  readonly textKey: string
  readonly merged: readonly AppliedDelta[]
  /** The motion module no longer moves as it was trained to. */
  readonly changesMotion: boolean
  /** Textual inversions that came inside, by their word; of two of a word the later one's. */
  readonly words: ReadonlyMap<string, BundledWord>
  /** Of the file that a delta comes from. */
  stampOf(applied: AppliedDelta): string
  /** Of one that was distilled to draw in a few steps. */
  readonly distilledLora?: Distillation
  readonly notes: readonly Note[]
  /** In memory, at least. */
  bytes(): number
}

export interface BundledWord {
  readonly tensor: Tensor
  /** Of the LoRA's file. */
  readonly stamp: string
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
    const key = JSON.stringify([
      base,
      loras.map(({ file, strength, textStrength, merged }) => [fileStamp(file), file, String(strength), String(textStrength), merged]),
    ])
    return applied.get(key, () => applyLoras(model, base, loras, cache))
  }
}

function applyLoras(model: Model, base: string, loras: readonly NamedLora[], cache: LoraCache): AppliedLoras {
  const cached = loras.map(({ file, strength, textStrength, merged = false }) => {
    const wrong = [strength, textStrength ?? strength].find((number) => !Number.isFinite(number))
    if (wrong !== undefined) {
      throw new UserError('lora-strength', `The strength of ${basename(file)} is a number such as 0.8, not ${wrong}.`, {
        file,
        strength: wrong,
      })
    }
    return { ...cache(file, base, model), strength, textStrength, merged }
  })
  const byLora = new Map<ParsedLora, CachedLora>(cached.map((it) => [it.lora, it]))
  const from = ({ lora }: AppliedDelta): CachedLora => byLora.get(lora)!
  const { adapters, merged } = planLoras(cached, shapesIn(netsOf(model)))
  const distilled = cached
    .filter(({ strength }) => strength > 0)
    .map((it) => ({ ...it, distillation: distillationSaid({ path: it.lora.path, metadata: it.metadata }) }))
  const atRuntime = runtimeAdapters(model, adapters, (applied) => from(applied).factorsOf(applied.delta))
  return {
    adapters: atRuntime,
    textKey: keyOf(
      adapters.filter(({ delta }) => delta.part === 'text'),
      from,
    ),
    merged,
    changesMotion: [...adapters, ...merged].some(({ delta, strength }) => delta.part === 'motion' && strength !== 0),
    stampOf: (applied) => from(applied).stamp,
    ...omitUndefined({ distilledLora: distilled.values().find(({ distillation }) => distillation)?.distillation }),
    words: new Map(
      cached
        .filter(({ strength, textStrength = strength }) => textStrength !== 0)
        .flatMap(({ lora, stamp }) => [...lora.words].map(([word, tensor]) => [word, { tensor, stamp }] as const)),
    ),
    notes: [
      ...cached.flatMap(({ lora }) => [...unusedNotes(lora.path, lora.ignored), ...(lora.scaleUnknown ? [scaleUnknown(lora.path)] : [])]),
      ...distilled.filter(({ distillation }) => !distillation).flatMap(perhapsDistilled),
    ],
    bytes: () => cached.reduce((sum, it) => sum + it.bytes(), atRuntime.bytes()),
  }
}

const keyOf = (applied: readonly AppliedDelta[], from: (applied: AppliedDelta) => CachedLora): string =>
  [...new Set(applied.map((it) => `${from(it).stamp} ${it.strength}`))].join('\n')

const scaleUnknown = (path: string): Note => ({
  code: 'lora-scale-unknown',
  message: `${basename(path)} does not say its alpha: it is laid on as strong as its numbers are. PEFT keeps alpha in adapter_config.json, which belongs beside it.`,
  data: { file: basename(path) },
})

/** How a LoRA was distilled: its tensors do not tell, only its name or what its trainer wrote. */
export const distillationSaid = (file: Pick<TensorFile, 'path' | 'metadata'>): Distillation | undefined =>
  saidOf(file)
    .map(distillationOf)
    .find((found) => found !== undefined)

function saidOf({ path, metadata }: Pick<TensorFile, 'path' | 'metadata'>): string[] {
  return [tellingName(path), metadata.get('modelspec.title'), metadata.get('ss_output_name')].filter((text) => text !== undefined)
}

/** A LoRA that is perhaps one for few steps, drawn in as many as any other. */
function perhapsDistilled({ lora, metadata }: CachedLora): Note[] {
  const file = basename(lora.path)
  const named = saidOf({ path: lora.path, metadata }).some(mayBeDistilled)
  // Distillation trains what few others do; where the name tells nothing, that is all there is.
  const nameless =
    /^(pytorch_lora_weights|adapter_model)\./.test(file) && lora.deltas.some(({ weight }) => weight.endsWith('.time_emb_proj.weight'))
  if (!named && !nameless) return []
  const message = `${file} may have been distilled for a few steps, by ${named ? 'its name' : 'what it changes'}; if so, ask for those and for guidance 1: in many steps of strong guidance colours burn.`
  return [{ code: 'lora-few-steps', message, data: { file } }]
}
