// Copies of the weights that LoRAs were merged into, in a folder: made once, pointed into by graphs as if a person had brought them.
// A file is named after everything that it was made from. It appears whole or not at all; those used longest ago go first.

import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import type { AppliedDelta } from '../checkpoint/lora/adapter-plan.ts'
import { copyName, type MergedWeight, mergedWeights } from '../checkpoint/lora/merged-weights.ts'
import { openSafetensors } from '../checkpoint/safetensors.ts'
import { type Tensor, tensorOf } from '../checkpoint/tensor.ts'
import { type Write, writeSafetensors } from '../checkpoint/write-safetensors.ts'
import { UserError } from '../errors.ts'
import { type Model, netsOf } from './model.ts'
import type { NetKeys, OpenModel } from './model-cache.ts'

export interface MergedWeightsCache {
  /**
   * The model with these merged into it, at once where a copy is there.
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
  /** Absent: copies are kept in memory by the sessions that use them, and made again for others. */
  readonly dir?: string
  /** Of all copies together; the one that is in use may be larger. */
  readonly maxBytes: number
  /** What nets are computed in; copies hold no more than that. */
  readonly type: 'float32' | 'float16'
  readonly write?: Write
}

/** How copies are written; another layout has another number. */
const form = 1

export function createMergedWeightsCache({ dir, maxBytes, type, write }: MergedWeightsCacheOptions): MergedWeightsCache {
  const dtype = type === 'float16' ? 'F16' : 'F32'

  function copyOf(name: string, weights: () => readonly MergedWeight[]): Tensor[] {
    if (dir === undefined) return weights().map((it) => tensorOf(copyName(it), it.shape, it.values()))
    makeFolder(dir)
    const path = join(dir, name)
    const found = openCopy(path)
    if (found) return found
    writeSafetensors(
      path,
      weights().map((it) => ({ name: copyName(it), dtype, shape: it.shape, bytes: () => bytesIn(dtype, it.values()) })),
      new Map(),
      write,
    )
    sweep(dir, name, maxBytes)
    return openCopy(path)!
  }

  return {
    merge({ model, keys }, merged, stampOf) {
      if (merged.length === 0) return { model, keys }
      const parts = [...new Set(merged.map(({ delta }) => delta.part))]
      const made = [form, dtype, ...parts.map((part) => keys[part]), ...merged.map((applied) => recipeOf(applied, stampOf))]
      const hash = createHash('sha256').update(JSON.stringify(made)).digest('hex').slice(0, 32)
      const tensors = copyOf(`${hash}.safetensors`, () => mergedWeights(merged, netsOf(model)))
      return { model: withTensors(model, tensors), keys: withHash(keys, parts, hash) }
    },
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

/** The model with these tensors, by `copyName`, in the place of its own. */
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

/** The tensors of a copy, which is now the one used last; undefined where there is none that is whole. */
function openCopy(path: string): Tensor[] | undefined {
  try {
    const tensors = [...openSafetensors(path).tensors.values()]
    const now = new Date()
    utimesSync(path, now, now)
    return tensors
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    rmSync(path, { force: true }) // not there, or damaged: it is made again
    return undefined
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

/** Removes what was used longest ago until all fits, and what was left half-written an hour ago. */
function sweep(dir: string, keep: string, maxBytes: number): void {
  const files = readdirSync(dir)
    .filter((name) => name !== keep && /\.(safetensors|partial)$/.test(name))
    .flatMap((name) => {
      const stat = statSync(join(dir, name), { throwIfNoEntry: false })
      return stat ? [{ name, bytes: stat.size, used: stat.mtimeMs }] : []
    })
    .sort((a, b) => a.used - b.used)
  let total = files.reduce((sum, { bytes }) => sum + bytes, statSync(join(dir, keep)).size)
  for (const { name, bytes, used } of files) {
    const abandoned = name.endsWith('.partial') && used < Date.now() - 3_600_000
    if (total <= maxBytes && !abandoned) continue
    rmSync(join(dir, name), { force: true })
    total -= bytes
  }
}
