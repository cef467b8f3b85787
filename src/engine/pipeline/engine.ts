// The engine: what a sentence, files and settings become. Models stay open and their sessions warm between animations.

import { statSync } from 'node:fs'
import type { Frames } from '../frames.ts'
import { torchGenerator } from '../noise.ts'
import type { Sessions } from '../runtime/sessions.ts'
import type { Betas } from '../samplers/betas.ts'
import { type Schedule, scheduleFor } from '../samplers/schedule.ts'
import type { Spacing } from '../samplers/spacing.ts'
import type { Target } from '../targets/target.ts'
import { type Context, checkSize, denoise } from './animate.ts'
import { type BaseFiles, type Model, type ModelFiles, openModel } from './model.ts'
import { createNets, type Size } from './nets.ts'
import { previewFrames, previewMapFor } from './preview.ts'
import { createContexts } from './prompt-context.ts'

/** Everything that decides what is drawn. Absent ones are decided by the motion module. */
export interface Drawing extends Size {
  readonly model: ModelFiles
  readonly prompt: string
  readonly negative: string
  readonly steps?: number
  readonly guidance?: number
  /** Unsigned 64-bit. */
  readonly seed: bigint
  readonly sampler?: string
  readonly spacing?: Spacing
  readonly betas?: Betas
  readonly clipSkip: number
}

export interface Progress {
  readonly stage: 'loading' | 'denoising' | 'decoding'
  /** Steps done of all; while denoising and decoding. */
  readonly step: number
  readonly of: number
  /** A small guess of the animation, [F, h, w, 3] in latent size. */
  readonly preview?: () => Promise<Frames>
}

export interface Drawn {
  readonly frames: Frames
  readonly schedule: Schedule
  /** Sentences for the person: what of their files was not used. */
  readonly notes: readonly string[]
}

/** What decides which graphs are loaded. */
export type Loading = Size & Pick<Drawing, 'model'> & Partial<Pick<Drawing, 'clipSkip'>>

export interface Engine {
  draw(drawing: Drawing, signal?: AbortSignal): AsyncGenerator<Progress, Drawn>
  /** Loads what a drawing needs and draws nothing. */
  warm(drawing: Loading): Promise<void>
  /** The nets of a model, for those who measure them. */
  open(files: BaseFiles): Model
  close(): Promise<void>
}

export interface EngineOptions {
  readonly sessions: Sessions
  readonly target: Target
  /** Half precision overflows in the VAE, so it has a target of its own. */
  readonly vaeTarget: Target
  /** Where weights are kept that had to be computed. */
  readonly cacheDir?: string
}

export function createEngine({ sessions, target, vaeTarget }: EngineOptions): Engine {
  const models = new Map<string, Model>()

  function open(files: BaseFiles): Model {
    const key = modelKey(files)
    const model = models.get(key) ?? openModel(files)
    models.set(key, model)
    return model
  }

  return {
    open,

    async *draw(drawing, signal) {
      const model = open(drawing.model)
      const { architecture: vae } = model.vae
      checkSize(drawing, { factor: vae.factor, maxFrames: model.motion?.architecture.maxFrames ?? 1, hasMotion: model.motion !== null })
      const schedule = scheduleFor(drawing.frames > 1 ? (model.motion?.architecture ?? null) : null, wantedOf(drawing), {
        ...(model.checkpointBetas ? { checkpointBetas: model.checkpointBetas } : {}),
      })
      const key = modelKey(drawing.model)
      const nets = createNets(model, drawing, { sessions, target, vaeTarget, key })
      yield { stage: 'loading', step: 0, of: 0 }

      const contexts = createContexts(nets, model.tokenizer, { ...drawing, steps: schedule.sampler.steps })
      const byStep: Context[] = []
      for (let i = 0; i < schedule.sampler.steps; i++) byStep.push(await contexts.at(i))
      signal?.throwIfAborted()

      const latentShape = [vae.latentChannels, drawing.height / vae.factor, drawing.width / vae.factor] as const
      const settings = { frames: drawing.frames, schedule, generator: torchGenerator(drawing.seed) }
      const steps = denoise(nets, (i) => byStep[Math.min(i, byStep.length - 1)]!, latentShape, settings, signal)
      let turn = await steps.next()
      for (; !turn.done; turn = await steps.next()) {
        const { step, of, guess } = turn.value
        const preview = async (): Promise<Frames> => {
          const latents = guess()
          return previewFrames(latents, latentShape, await previewMapFor(vae, nets, latents, latentShape))
        }
        yield { stage: 'denoising', step, of, preview }
      }
      const of = schedule.sampler.steps
      yield { stage: 'decoding', step: of, of }
      return { frames: await nets.decode(turn.value), schedule, notes: [] }
    },

    async warm(drawing) {
      const model = open(drawing.model)
      const key = modelKey(drawing.model)
      await createNets(model, drawing, { sessions, target, vaeTarget, key }).load(drawing.clipSkip ?? 1)
    },

    close: () => sessions.release(),
  }
}

const wantedOf = ({ steps, guidance, sampler, spacing, betas }: Drawing) => ({
  ...(steps === undefined ? {} : { steps }),
  ...(guidance === undefined ? {} : { guidance }),
  ...(sampler === undefined ? {} : { sampler }),
  ...(spacing === undefined ? {} : { spacing }),
  ...(betas === undefined ? {} : { betas }),
})

/** A file that was replaced under its name is another model. */
function modelKey(files: BaseFiles): string {
  const stamp = (path: string | undefined): string =>
    path === undefined ? '-' : `${path}@${statSync(path, { throwIfNoEntry: false })?.mtimeMs}`
  return [files.checkpoint, files.motion, files.vae].map(stamp).join(' ')
}
