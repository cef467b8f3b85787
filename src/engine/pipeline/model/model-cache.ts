// A cache of opened models, as long as their files stay what they were: tables of contents and tokenizers take a tenth of a second.

import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { fileStamp } from '../../checkpoint/tensor/file-stamp.ts'
import type { Note } from '../../errors.ts'
import { createLruCache } from '../../lru-cache.ts'
import { type BaseFiles, type Model, openModel } from './model.ts'
import type { Net } from './model-nets.ts'
import { unusedTensors } from './unused-tensors.ts'

/** Tells sessions apart: what is in the net's file, how it is built, what was merged into it. */
export interface NetKeys {
  readonly text: string
  readonly unet: string
  readonly motion: string
  readonly vae: string
  /** '' where there is none; so is the motion module's. */
  readonly control: string
}

export interface OpenModel {
  readonly model: Model
  readonly keys: NetKeys
  /** On what of its files is not used. */
  readonly notes: readonly Note[]
}

/** @throws UserError what `openModel` throws, and where a net lacks a weight or has one of another shape */
export type ModelCache = (files: BaseFiles) => OpenModel

/** @param most models that stay open; a model takes some megabytes */
export function createModelCache(most = 32): ModelCache {
  const open = createLruCache<OpenModel>(most)
  return (files) => {
    const { checkpoint, motion, vae, control } = files
    const key = [checkpoint, motion, vae, control].map((path) => (path === undefined ? '' : `${path}\n${fileStamp(path)}`)).join('\n\n')
    return open.get(key, () => opening(files))
  }
}

function opening(files: BaseFiles): OpenModel {
  const model = openModel(files)
  return {
    model,
    keys: {
      ...{ text: keyOf(model.text), unet: keyOf(model.unet), vae: keyOf(model.vae) },
      ...{ motion: model.motion ? keyOf(model.motion) : '', control: model.control ? keyOf(model.control) : '' },
    },
    notes: [...guessNotes(model), ...unusedTensors(model)],
  }
}

function guessNotes({ motion }: Model): Note[] {
  if (!motion?.architecture.guessed) return []
  const [file, version] = [basename(motion.file), motion.architecture.version]
  const message = `Nothing in ${file}, nor its name, says which kind of motion module it is: it is taken for ${version}.`
  return [{ code: 'motion-guessed', message, data: { file, version } }]
}

function keyOf({ architecture, file }: Net<unknown>): string {
  return createHash('sha256')
    .update(JSON.stringify([fileStamp(file), architecture]))
    .digest('base64url')
    .slice(0, 16)
}
