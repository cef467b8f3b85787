// A disk cache of merged weights: those that LoRAs were merged into, made once, pointed into by graphs as if a person had brought them.
// A file is named after everything that it was made from.

import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { type MergedWeight, mergedName, mergedWeights } from '../../checkpoint/lora/merge/merged-weights.ts'
import type { AppliedDelta } from '../../checkpoint/lora/runtime/adapter-plan.ts'
import { openSafetensors } from '../../checkpoint/safetensors/safetensors.ts'
import { type Write, writeSafetensors } from '../../checkpoint/safetensors/write-safetensors.ts'
import { type Tensor, tensorOf } from '../../checkpoint/tensor/tensor.ts'
import { createDiskCache } from '../../disk-cache.ts'
import { UserError } from '../../errors.ts'
import { type Model, netsOf } from '../model/model.ts'
import type { NetKeys, OpenModel } from '../model/model-cache.ts'

export interface MergedWeightsCache {
  /**
   * The model with these merged into it, at once where that was done before.
   * @param stampOf tells a LoRA's file and its contents
   * @throws UserError `no-disk-space`, `not-writable`
   */
  merge(
    base: Pick<OpenModel, 'model' | 'keys'>,
    merged: readonly AppliedDelta[],
    stampOf: (applied: AppliedDelta) => string,
  ): Pick<OpenModel, 'model' | 'keys'>
}

export interface MergedWeightsCacheOptions {
  /** undefined: they are kept in memory by the sessions that use them, and made again for others. */
  readonly dir: string | undefined
  /** Of all files together; the one that is in use may be larger. */
  readonly maxBytes: number
  /** What nets are computed in; files hold no more than that. */
  readonly type: 'float32' | 'float16'
  readonly write?: Write
}

/** The version of how files are written. */
const form = 1

export function createMergedWeightsCache({ dir, ...options }: MergedWeightsCacheOptions): MergedWeightsCache {
  const dtype = options.type === 'float16' ? 'F16' : 'F32'
  const tensorsOf = dir === undefined ? inMemory : onDisk(dir, dtype, options)

  return {
    merge({ model, keys }, merged, stampOf) {
      if (merged.length === 0) return { model, keys }
      const parts = [...new Set(merged.map(({ delta }) => delta.part))]
      const made = [form, dtype, ...parts.map((part) => keys[part]), ...merged.map((applied) => recipeOf(applied, stampOf))]
      const hash = createHash('sha256').update(JSON.stringify(made)).digest('hex').slice(0, 32)
      const tensors = tensorsOf(hash, () => mergedWeights(merged, netsOf(model)))
      return { model: withTensors(model, tensors), keys: withHash(keys, parts, hash) }
    },
  }
}

/** The tensors of these weights, by `mergedName`, for a name that tells them from all others. */
type TensorsOf = (name: string, weights: () => readonly MergedWeight[]) => readonly Tensor[]

const inMemory: TensorsOf = (_, weights) => weights().map((it) => tensorOf(mergedName(it), it.shape, it.values()))

function onDisk(dir: string, dtype: 'F16' | 'F32', { maxBytes, write }: Pick<MergedWeightsCacheOptions, 'maxBytes' | 'write'>): TensorsOf {
  const files = createDiskCache({ dir, ending: '.safetensors', open: openWhole, protect: 'last found' })
  return (name, weights) => {
    makeFolder(dir)
    const known = files.find(name)
    if (known) return known
    const tensors = weights().map((it) => ({ name: mergedName(it), dtype, shape: it.shape, bytes: () => bytesIn(dtype, it.values()) }))
    writeSafetensors(files.pathOf(name), tensors, new Map(), write)
    const made = files.find(name)!
    files.evict(maxBytes)
    return made
  }
}

/** A file may hold two deltas for one weight, so their kind is told as well. */
const recipeOf = (applied: AppliedDelta, stampOf: (applied: AppliedDelta) => string): readonly unknown[] => [
  stampOf(applied),
  applied.delta.part,
  applied.delta.weight,
  applied.delta.kind,
  applied.strength,
]

const withHash = (keys: NetKeys, parts: readonly (keyof NetKeys)[], hash: string): NetKeys => ({
  ...keys,
  ...Object.fromEntries(parts.map((part) => [part, `${keys[part]}+${hash}`])),
})

/** The model with these tensors, by `mergedName`, in the place of its own. */
export function withTensors(model: Model, tensors: readonly Tensor[]): Model {
  const replaced = <N extends Model['unet' | 'text'] | NonNullable<Model['motion']>>(part: string, net: N): N => {
    const named = new Map(net.tensors)
    for (const tensor of tensors) {
      const [of, weight] = tensor.name.split('/') as [string, string]
      if (of === part) named.set(weight, tensor)
    }
    return { ...net, tensors: named }
  }
  const { motion } = model
  return { ...model, unet: replaced('unet', model.unet), text: replaced('text', model.text), motion: motion && replaced('motion', motion) }
}

function bytesIn(dtype: 'F16' | 'F32', values: Float32Array): Uint8Array {
  const typed = dtype === 'F16' ? new Float16Array(values) : values
  return new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength)
}

/** null where the file is damaged. */
function openWhole(path: string): readonly Tensor[] | null {
  try {
    return [...openSafetensors(path).tensors.values()]
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return null
  }
}

function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true })
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw new UserError('not-writable', `${dir}, where merged weights are kept, cannot be made (${reason}).`, { dir, reason }, { cause })
  }
}
