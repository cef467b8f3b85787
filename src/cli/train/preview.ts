// Previews of a training: what the trained weights draw now, in a process of its own.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../config.ts'
import type { BaseFiles } from '../../engine/index.ts'
import type { TraineeName } from '../../engine/train.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { cacheFolder } from '../../paths.ts'
import { createLocalPool } from '../../render/local/local-pool.ts'
import type { TrainingRequest } from '../../trainer/training-request.ts'
import { trainingFolder } from '../../trainer/training-run.ts'
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
  const recipe = await recipeFromFlags(words, { ...files, seed, width, height, device: 'cpu' }, config, 'zoetrope')
  const folder = join(trainingFolder(out), 'previews')
  mkdirSync(folder, { recursive: true })
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
