// The recipe by which a style is learned from a few pictures: a LoRA on the base model, as `zoetrope train lora` makes one.

import { type Device, modelDefaults } from '../../engine/index.ts'
import type { ModelFiles } from '../../jobs/request.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import type { TrainingRequest } from '../../trainer/training-request.ts'
import { knownPrompts } from './known-prompts.ts'

export interface StyleToLearn {
  /** Of pictures and clips, with their captions beside them. */
  readonly folder: string
  /** The caption of what has none. */
  readonly word: string
  readonly base: ModelFiles
}

/** On which device, and with what. */
export interface TrainingPlace {
  readonly device: Device
  readonly threads?: number
  readonly ffmpeg?: string
  /** Of this program. */
  readonly version: string
}

/**
 * Of the small model: minutes on a CPU; test/bench-taught-style.ts says what comes of them. Of Stable Diffusion: what `zoetrope train lora`
 * takes unless it is told otherwise.
 */
const recipes = {
  small: { steps: 3500, learningRate: 1e-3, rank: 16, schedule: 'cosine', weighting: 'debiased' },
  large: { steps: 1500, learningRate: 1e-4, rank: 16, schedule: 'constant', weighting: 'none' },
} as const

/** Regularization images at most, and one for so many steps. */
const mostImages = 120
const stepsAnImage = 25

const smallSide = 128

/** @param wanted steps; absent: as suits the model */
export function trainingRecipe({ folder, word, base }: StyleToLearn, wanted?: number): TrainingRequest {
  const { checkpoint, motion, vae } = base
  const { width, height, clipSkip } = modelDefaults(base)
  const { rank, ...recipe } = Math.min(width, height) <= smallSide ? recipes.small : recipes.large
  const steps = wanted ?? recipe.steps
  const prompts = knownPrompts(base, Math.min(mostImages, Math.ceil(steps / stepsAnImage)))
  return {
    ...{ kind: 'lora', data: folder, caption: word, model: { checkpoint, ...omitUndefined({ motion, vae }) }, continues: false },
    ...{ layout: 'official', rank, alpha: rank, width, height, frames: 1, stride: 1, clipSkip, writtenType: 'float16' },
    ...{ ...recipe, steps, batch: 1, warmup: 0, weightDecay: 0.01, clip: 1 },
    ...{ offsetNoise: 0, emptyCaptions: 0.1, flip: true, seed: '0' },
    ...(prompts.length > 0 && { regularization: { prompts } }),
  }
}
