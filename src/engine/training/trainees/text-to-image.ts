// A whole image model in training: all of the UNet, and of the text encoder where that is wanted, on stills (AnimateDiff's image_finetune.yaml
// trains the one, "DreamBooth", arXiv 2208.12242, both). Written as a folder of diffusers: what it was made from is in the UNet's header.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { float32Of } from '../../checkpoint/tensor/tensor.ts'
import type { BaseFiles, Model } from '../../pipeline/model/model.ts'
import { chunks } from '../../text/chunks.ts'
import type { TextReading } from '../objectives/caption-contexts.ts'
import { denoising } from '../objectives/denoising.ts'
import { diffusersFolder } from './diffusers-folder.ts'
import { netToWrite, type Trainee, type WrittenFile, type WrittenType } from './trainee.ts'

export interface TextToImageOptions extends Partial<TextReading> {
  /** Whether the text encoder learns too. */
  readonly textEncoder?: boolean
  readonly writtenType: WrittenType
  /** Of which the model was opened. */
  readonly model?: BaseFiles
}

export function textToImageTrainee(model: Model, options: TextToImageOptions): Trainee {
  const { textEncoder = false, writtenType, model: files } = options
  const { unet, text, vae } = model
  // Other words than the base knows may be what it is to learn; the folder that is written lists none.
  const tokenizer = model.tokenizer.unrestricted ?? model.tokenizer
  const learns = (name: string): boolean => unet.tensors.has(name) || (textEncoder && text.tensors.has(name))
  const feedsOf = (caption: string) => ({ ids: chunks(tokenizer, [{ text: caption, weight: 1 }])[0]!.ids })
  return {
    moves: false,
    objective: denoising({
      ...{ model: { ...model, tokenizer, motion: null }, moves: false, trained: learns },
      ...(textEncoder && { text: { words: 0, reading: options, feedsOf } }),
    }),
    start: ({ name }) => float32Of((unet.tensors.get(name) ?? text.tensors.get(name))!),
    written: (read) => [
      ...diffusersFolder(model, {
        unet: netToWrite(unet.tensors, read, writtenType),
        text: netToWrite(text.tensors, read, writtenType),
        vae: netToWrite(vae.tensors, () => undefined, writtenType),
      }),
      ...recommendation(files?.checkpoint),
    ],
  }
}

/** What the maker of the base's folder recommends goes with what is trained on it: pipeline/model/recommended-settings.ts reads it. */
function recommendation(checkpoint = ''): WrittenFile[] {
  const path = join(checkpoint, 'defaults.json')
  return checkpoint !== '' && existsSync(path) ? [{ path: 'defaults.json', text: readFileSync(path, 'utf8') }] : []
}
