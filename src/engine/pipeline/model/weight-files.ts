// Weight files: one, or a diffusers folder that holds one, opened for the net that is wanted from it.

import { type Named, type Part, type Parts, partsOf } from '../../checkpoint/dialects/parts.ts'
import { type Identity, identify } from '../../checkpoint/identify/identify.ts'
import type { TensorFile } from '../../checkpoint/tensor/tensor.ts'
import { unsupportedModel } from '../../checkpoint/unsupported-models.ts'
import { configBeside, openWeightsAt } from '../../checkpoint/weight-folder.ts'
import { UserError } from '../../errors.ts'
import { omitUndefined } from '../../omit-undefined.ts'

export interface WeightFile {
  readonly file: TensorFile
  readonly parts: Parts
  /** The config.json of its folder. */
  readonly config?: unknown
}

/** @throws UserError where there is nothing, what is there cannot be read, or it is of a family that cannot be animated */
export function openWeights(path: string): WeightFile {
  const file = openWeightsAt(path)
  const config = configBeside(path)
  const unsupported = unsupportedModel(file, config)
  if (unsupported) throw new UserError(unsupported.code, `${file.path} ${unsupported.sentence}`, { file: file.path })
  return omitUndefined({ file, parts: partsOf(file), config })
}

/** One net of a file, with the file to name in errors. @throws UserError `checkpoint-part` saying what the file is instead */
export function partIn(weights: WeightFile, part: Part): { tensors: Named; file: string; config?: unknown } {
  const { file, parts, config } = weights
  const tensors = parts[part]
  if (!tensors) {
    const identity = identify(file)
    const { kind } = identity
    // What cannot be used anywhere says why.
    if (kind === 'refused') throw new UserError('checkpoint-part', identity.sentence, { file: file.path, part, kind })
    const alone = part === 'unet' && parts.vae && parts.text ? 'a VAE and a text encoder without a UNet' : kinds[kind]
    const is = kind === 'sd1-checkpoint' && part !== 'motion' && part !== 'control' ? `a checkpoint without a ${words[part]}` : alone
    throw new UserError('checkpoint-part', `${file.path} is ${is}; what is needed here is ${wanted[part]}.`, {
      file: file.path,
      part,
      kind,
    })
  }
  return omitUndefined({ tensors, file: file.path, config })
}

const kinds: Readonly<Record<Exclude<Identity['kind'], 'refused'>, string>> = {
  'sd1-checkpoint': 'a checkpoint of Stable Diffusion 1.x',
  unet: 'a UNet alone',
  vae: 'a VAE alone',
  'text-encoder': 'a text encoder alone',
  'motion-module': 'a motion module',
  'sparse-control': 'a SparseCtrl, which steers a clip by pictures',
  'motion-lora': 'a motion LoRA',
  'domain-adapter': "AnimateDiff's domain adapter, a LoRA",
  lora: 'a LoRA',
  'textual-inversion': 'a textual inversion',
}

const words: Readonly<Record<Exclude<Part, 'motion' | 'control'>, string>> = { unet: 'UNet', vae: 'VAE', text: 'text encoder' }

const wanted: Readonly<Record<Part, string>> = {
  unet: 'a checkpoint of Stable Diffusion 1.x, with a UNet',
  vae: 'a VAE of Stable Diffusion 1.x, or a checkpoint that has one',
  text: 'a checkpoint of Stable Diffusion 1.x, with a text encoder',
  motion: 'a motion module of AnimateDiff for Stable Diffusion 1.5',
  control: 'a SparseCtrl for Stable Diffusion 1.5',
}
