// What each case of the training answers is shown: their latents, noise, timesteps and contexts.
// F frames  C channels  h w latent sides  L tokens  D token width

import { join } from 'node:path'
import { swapAxes } from '../../arrays/swap-axes.ts'
import type { Betas } from '../../draw-settings.ts'
import { timestepEmbedding } from '../../nets/unet.ts'
import { type Model, openModel } from '../../pipeline/model/model.ts'
import { alphasCumprod } from '../../samplers/betas.ts'
import { addNoise, type LossWeighting, lossWeight, offsetNoise, type Prediction } from '../../training/objectives/loss.ts'
import type { Example } from '../../training/step.ts'
import type { TrainingAnswers } from './training-answers.ts'

/** Clips or stills, each an example of its own: what the net is shown at each, without the text. */
export interface Shown {
  readonly frames: number
  readonly h: number
  readonly w: number
  examples(step: number): { readonly feeds: Omit<Example['feeds'], 'context'>; readonly weight: number; readonly context: Float32Array }[]
}

interface Variant {
  readonly prediction?: Prediction
  readonly weighting?: LossWeighting
  readonly offset?: number
}

function shownIn(
  { batch, baseDir }: TrainingAnswers,
  prefix: '' | 'two_' | 'still_',
  at: (step: number) => number,
  { prediction = 'epsilon', weighting = 'none', offset = 0 }: Variant = {},
): Shown {
  const betas: Betas = prefix === 'still_' ? 'scaled_linear' : 'linear'
  const alphas = alphasCumprod(betas, 0.00085, 0.012)
  const shape = batch.shape(`${prefix}latents`)
  const [B, C] = shape as [number, number]
  const [h, w] = shape.slice(-2) as [number, number]
  const frames = prefix === 'still_' ? 1 : shape[2]!
  const width = openedModel(baseDir).unet.architecture.widths[0]!
  const clip = (name: string, b: number): Float32Array => {
    const each = C * frames * h * w
    return swapAxes(batch.values(name).subarray(b * each, (b + 1) * each), [1, C, frames, h * w])
  }
  return {
    frames,
    h,
    w,
    examples: (step) =>
      Array.from({ length: B }, (_, b) => {
        const t = batch.values(`${prefix}t`)[at(step) + b]!
        const drawn = clip(`${prefix}noise`, at(step) + b)
        const noise = offset > 0 ? offsetNoise(drawn, batch.values('two_offset').subarray(b * C, (b + 1) * C), offset, frames) : drawn
        const context = batch.values(`${prefix}context`)
        return {
          feeds: { ...addNoise(clip(`${prefix}latents`, b), noise, t, alphas, prediction), time: timestepEmbedding(t, width) },
          weight: lossWeight(t, alphas, prediction, weighting) / B,
          context: context.subarray((b * context.length) / B, ((b + 1) * context.length) / B),
        }
      }),
  }
}

/** Its own noise and timestep at every step. */
export const oneClip = (it: TrainingAnswers): Shown => shownIn(it, '', (step) => step)
export const twoClips = (it: TrainingAnswers, variant?: Variant): Shown => shownIn(it, 'two_', () => 0, variant)
export const stills = (it: TrainingAnswers): Shown => shownIn(it, 'still_', () => 0)

const models = new Map<string, Model>()

export function openedModel(baseDir: string, version: string | null = null): Model {
  const key = `${baseDir} ${version}`
  const known = models.get(key)
  if (known) return known
  const motion = version === null ? {} : { motion: join(baseDir, `motion_${version}.safetensors`) }
  const model = openModel({ checkpoint: join(baseDir, 'checkpoint.safetensors'), ...motion })
  models.set(key, model)
  return model
}
