// Previews of a training: what the trained weights draw now, in a process of its own.

import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../config.ts'
import type { BaseFiles } from '../../engine/index.ts'
import type { TraineeName } from '../../engine/train.ts'
import { previewPng } from '../../media/preview.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { cacheFolder } from '../../paths.ts'
import { createLocalPool } from '../../render/local/local-pool.ts'
import type { TrainingRequest } from '../../trainer/training-request.ts'
import { datasetOf, trainingFolder } from '../../trainer/training-run.ts'
import { writeWhole } from '../animate/output-file.ts'
import { recipeFromFlags } from '../animate/recipe-from-flags.ts'

export interface TrainingPreview {
  readonly request: TrainingRequest
  /** The trained weights. */
  readonly out: string
  readonly words: string
  readonly step: number
  readonly config: Config
}

/** @returns where it lies */
export async function drawPreview({ request, out, words, step, config }: TrainingPreview): Promise<string> {
  const { seed, width, height } = request
  const files = withTrained(request, out)
  const folder = join(trainingFolder(out), 'previews')
  mkdirSync(folder, { recursive: true })
  const control = request.kind === 'sparsectrl' ? { control: out, controlImage: [await firstPicture(request, words, folder, config)] } : {}
  const recipe = await recipeFromFlags(words, { ...files, ...control, seed, width, height, device: 'cpu' }, config, 'zoetrope')
  const path = join(folder, `step-${String(step).padStart(6, '0')}.webp`)
  const { home, ffmpeg } = config
  const pool = createLocalPool({ device: 'cpu', cacheDir: cacheFolder(home), onTrouble: () => undefined, ...omitUndefined({ ffmpeg }) })
  try {
    const { animation } = await pool.render(recipe, {})
    writeWhole(path, animation.bytes)
  } finally {
    await pool.close()
  }
  return path
}

/** What a SparseCtrl is shown: how the first clip begins that it learns from, or the first of these words. */
async function firstPicture(request: TrainingRequest, words: string, folder: string, { ffmpeg }: Config) {
  const file = join(folder, 'shown.png')
  if (!existsSync(file)) {
    const entries = datasetOf(request, omitUndefined({ ffmpeg }))
    const entry = entries.find(({ caption }) => caption === words) ?? entries[0]!
    writeWhole(file, await previewPng(await entry.decode(request), 0))
  }
  return { frame: 0, file }
}

/** The base model with what was trained in its place. */
function withTrained({ kind, model, word = '' }: TrainingRequest, out: string) {
  const part = replaced[kind]
  const { checkpoint, motion, vae }: BaseFiles = part ? { ...model, [part]: out } : model
  const lora = isLora.has(kind) ? [{ file: out, strength: 1 }] : []
  const embedding = kind === 'textual-inversion' ? [{ file: out, word }] : []
  return { checkpoint, lora, embedding, ...omitUndefined({ motion, vae }) }
}

const replaced: Partial<Record<TraineeName, keyof BaseFiles>> = { motion: 'motion', t2i: 'checkpoint', vae: 'vae' }
const isLora: ReadonlySet<TraineeName> = new Set(['lora', 'adapter', 'motion-lora'])
