// The engine: what a sentence, files and settings become. Models stay open and their sessions warm between animations.

import { join } from 'node:path'
import { fileStamp } from '../checkpoint/file-stamp.ts'
import type { Note } from '../errors.ts'
import type { Frames } from '../frames.ts'
import { torchGenerator } from '../noise.ts'
import type { Sessions } from '../runtime/sessions.ts'
import type { Betas } from '../samplers/betas.ts'
import { createSampler } from '../samplers/create-sampler.ts'
import { type Schedule, scheduleFor } from '../samplers/schedule.ts'
import type { Spacing } from '../samplers/spacing.ts'
import type { Target } from '../targets/target.ts'
import type { Chunk } from '../text/chunks.ts'
import { type Embeddings, readEmbeddings } from '../text/embeddings.ts'
import { type AppliedLoras, createApplyLoras } from './applied-loras.ts'
import { checkSize, denoise } from './denoise.ts'
import { createMergedWeightsCache } from './merged-weights-cache.ts'
import type { BaseFiles, Model, ModelSources } from './model.ts'
import { createModelCache, type OpenModel } from './model-cache.ts'
import { createNets, type Nets, type Size } from './nets.ts'
import { previewFrames, previewMapFor } from './preview.ts'
import { encodePrompts } from './prompt-context.ts'
import { createRunner } from './runner.ts'
import { createTextCache } from './text-cache.ts'

/** Everything that decides what is drawn. Absent ones are decided by the motion module. */
export interface EngineInput extends Size {
  readonly model: ModelSources
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

export interface EngineProgress {
  readonly stage: 'loading' | 'denoising' | 'decoding'
  /** Steps done of all; while denoising and decoding. */
  readonly step: number
  readonly of: number
  /** A small guess of the animation, [F, h, w, 3] in latent size. */
  readonly preview?: () => Promise<Frames>
}

export interface EngineOutput {
  readonly frames: Frames
  readonly schedule: Schedule
  /** For the person: what of their files was not used, and what may not come out as they think. */
  readonly notes: readonly Note[]
}

/** What decides which graphs are loaded. */
export type Loading = Size & Pick<EngineInput, 'model'> & Partial<Pick<EngineInput, 'clipSkip'>>

export interface Engine {
  draw(drawing: EngineInput, signal?: AbortSignal): AsyncGenerator<EngineProgress, EngineOutput>
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
  /** Where weights are kept that LoRAs were merged into; absent: in memory. */
  readonly cacheDir?: string
  /** Of those; what was used longest ago goes. */
  readonly maxCacheBytes?: number
  /** Of LoRAs that stay in memory, so that going from one to another reads nothing; styles made of them take as much again. */
  readonly loraBytes?: number
}

export function createEngine({ sessions, target, vaeTarget, cacheDir, maxCacheBytes = 16e9, loraBytes = 1e9 }: EngineOptions): Engine {
  const openModels = createModelCache()
  const layLoras = createApplyLoras(loraBytes)
  const copies = createMergedWeightsCache({
    ...(cacheDir !== undefined && { dir: join(cacheDir, 'merged') }),
    maxBytes: maxCacheBytes,
    type: target.type,
  })
  const runner = createRunner(sessions)
  const remembered = createTextCache()

  /** Everything that a person can get wrong about files is found here, before anything is computed. */
  function prepare({ model: files, ...size }: Size & Pick<EngineInput, 'model'>) {
    const base = openModels(files)
    const { motion, vae, text } = base.model
    const { factor } = vae.architecture
    checkSize(size, { factor, maxFrames: motion?.architecture.maxFrames ?? 1, hasMotion: motion !== null })
    const applied = layLoras(base, files.loras)
    const embeddings = readEmbeddings(files.embeddings ?? [], text.architecture.width)
    return { base, applied, embeddings }
  }

  function netsFor(base: OpenModel, applied: AppliedLoras, size: Size) {
    const { model, keys } = copies.merge(base, applied.merged, applied.stampOf)
    return { model, keys, nets: createNets(model, size, { runner, target, vaeTarget, keys, adapters: applied.adapters }) }
  }

  return {
    open: (files) => openModels(files).model,

    async *draw(drawing, signal) {
      const { base, applied, embeddings } = prepare(drawing)
      const schedule = scheduleOf(drawing, base.model, applied)
      signal?.throwIfAborted()
      yield { stage: 'loading', step: 0, of: 0 }

      const { model, keys, nets } = netsFor(base, applied, drawing)
      const calls = createSampler(schedule.sampler).timesteps.length
      const { prompt, negative, clipSkip } = drawing
      const told = [
        keys.text,
        applied.textKey,
        String(clipSkip),
        ...(drawing.model.embeddings ?? []).map(({ file, word }) => word + fileStamp(file)),
      ]
      const encode = remembered(told, (chunk) => encodeChunk(nets, chunk, clipSkip, embeddings))
      const vectors = new Map([...embeddings].map(([word, { length }]) => [word, length]))
      const contexts = await encodePrompts(encode, model.tokenizer, { prompt, negative, calls, vectors })
      signal?.throwIfAborted()

      const { architecture: vae } = model.vae
      const latentShape = [vae.latentChannels, drawing.height / vae.factor, drawing.width / vae.factor] as const
      const settings = { frames: drawing.frames, schedule, generator: torchGenerator(drawing.seed) }
      const steps = denoise(nets, (call) => contexts[call]!, latentShape, settings, signal)
      let turn = await steps.next()
      for (; !turn.done; turn = await steps.next()) {
        const { step, of, guess } = turn.value
        const preview = async (): Promise<Frames> => {
          const latents = guess()
          return previewFrames(latents, latentShape, await previewMapFor(vae, nets, latents, latentShape))
        }
        yield { stage: 'denoising', step, of, preview }
      }
      yield { stage: 'decoding', step: calls, of: calls }
      return { frames: await nets.decode(turn.value), schedule, notes: [...schedule.notes, ...base.notes, ...applied.notes] }
    },

    async warm(loading) {
      const { base, applied } = prepare(loading)
      await netsFor(base, applied, loading).nets.load(loading.clipSkip ?? 1)
    },

    close: () => sessions.release(),
  }
}

function scheduleOf(drawing: EngineInput, { motion, checkpointBetas }: Model, { hasLcmLora }: AppliedLoras): Schedule {
  const { steps, guidance, sampler, spacing, betas, model } = drawing
  const wanted = {
    ...(steps !== undefined && { steps }),
    ...(guidance !== undefined && { guidance }),
    ...(sampler !== undefined && { sampler }),
    ...(spacing !== undefined && { spacing }),
    ...(betas !== undefined && { betas }),
  }
  return scheduleFor(drawing.frames > 1 ? (motion?.architecture ?? null) : null, wanted, {
    // Not every LCM LoRA says that it is one: a person who asks for its sampler is believed.
    hasLcmLora: hasLcmLora || (sampler === 'lcm' && model.loras.some(({ strength }) => strength > 0)),
    ...(checkpointBetas && { checkpointBetas }),
  })
}

const encodeChunk = (nets: Pick<Nets, 'encodeText'>, { ids, embeddings: slots }: Chunk, clipSkip: number, embeddings: Embeddings) =>
  nets.encodeText(
    ids,
    clipSkip,
    slots.map(({ at, word, index }) => ({ at, vector: embeddings.get(word)![index]! })),
  )
