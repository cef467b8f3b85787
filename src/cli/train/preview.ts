// Previews of a training: what the trained weights draw now, in a process of its own.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../config.ts'
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
  const { kind, model, seed, width, height } = request
  const { checkpoint, motion, vae } = model
  const lora = kind === 'motion' ? [] : [{ file: out, strength: 1 }]
  const files = { checkpoint, lora, embedding: [], ...omitUndefined({ motion: kind === 'motion' ? out : motion, vae }) }
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
