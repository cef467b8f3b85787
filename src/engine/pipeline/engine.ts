// The engine: from a sentence to frames. Text → context; noise → denoising loop → latents → frames. Models stay open and their sessions
// warm between animations.

import { join } from 'node:path'
import type { MotionArchitecture } from '../checkpoint/architecture/architecture.ts'
import { fileStamp } from '../checkpoint/tensor/file-stamp.ts'
import type { DrawSettings } from '../draw-settings.ts'
import type { Note } from '../errors.ts'
import type { Frames } from '../frames.ts'
import { guidanceEmbedding } from '../nets/guidance-embedding.ts'
import { torchGenerator } from '../noise.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { withoutTags } from '../prompt-tags.ts'
import type { Sessions } from '../runtime/sessions.ts'
import { createSampler } from '../samplers/create-sampler.ts'
import { lcmDistillation } from '../samplers/distillation.ts'
import { type Schedule, scheduleFor } from '../samplers/schedule.ts'
import type { Target } from '../targets/target.ts'
import type { Chunk } from '../text/chunks.ts'
import { bundledEmbeddings, type Embeddings, readEmbeddings, vectorsIn } from '../text/embeddings.ts'
import { checkSize } from './check-size.ts'
import { encodeClipPrompts } from './clip/clip-context.ts'
import {
  type ClipInput,
  checkStrengths,
  numbersOverClip,
  type PreparedClip,
  prepareClip,
  refuseOtherSize,
  repeatedFrames,
  startOf,
  withRepeats,
} from './clip/clip-input.ts'
import { firstCallFor } from './clip/known-frames.ts'
import type { WindowPositions } from './clip/plan-clip.ts'
import { type ControlInput, checkControl } from './control/control-input.ts'
import { refuseLongWindow, refuseSharedFrames, showPictures } from './control/shown-pictures.ts'
import { denoise } from './denoise.ts'
import { type Closing, closingOf, foldWhereOpen } from './loop/closed-loop.ts'
import { createSeamMeter } from './loop/seam.ts'
import { type AppliedLoras, createApplyLoras } from './loras/applied-loras.ts'
import { createMergedWeightsCache } from './loras/merged-weights-cache.ts'
import type { BaseFiles, Model, ModelSources } from './model/model.ts'
import { createModelCache, type OpenModel } from './model/model-cache.ts'
import { createNets, type Nets, type Size } from './nets.ts'
import { previewFrames, previewMapFor } from './preview.ts'
import { createTextCache } from './prompt/text-cache.ts'
import { guidanceTaken, tagNotes } from './prompt/unheard-words.ts'
import { createRunner } from './runner.ts'
import { refuseForZero, textToVideoZero } from './zero/text-to-video-zero.ts'
import { crossFrameLimits, isZero, refuseClipForZero } from './zero/zero-clip.ts'

/** Everything that decides what is drawn. Absent ones are decided by the motion module. */
export interface EngineInput
  extends ClipInput,
    Partial<Pick<DrawSettings, 'steps' | 'guidance' | 'clipSkip' | 'method' | 'sampler' | 'spacing' | 'betas'>> {
  readonly model: ModelSources
  /** Where the model has a SparseCtrl, and nowhere else. */
  readonly control?: ControlInput
  /** Unsigned 64-bit. */
  readonly seed: bigint
}

export interface EngineProgress {
  readonly stage: 'loading' | 'denoising' | 'decoding'
  /** Steps done of all; while denoising and decoding. */
  readonly step: number
  readonly of: number
  /** A small guess of the animation, [F, h, w, 3] in latent size. */
  readonly preview?: () => Promise<Frames>
}

/** While decoding, frames of the clip as they are there, in order. */
export interface StreamProgress extends EngineProgress {
  readonly frames?: Frames
}

export interface Streamed {
  readonly schedule: Schedule
  /** Absent for a still. */
  readonly closing?: Closing
  /** For the person: what of their files was not used, and what may not come out as they think. */
  readonly notes: readonly Note[]
}

export interface EngineOutput extends Streamed {
  readonly frames: Frames
}

/** What decides which graphs are loaded. */
export type Loading = Size & Pick<EngineInput, 'model'> & Pick<EngineInput, 'clipSkip' | 'clip' | 'method'>

export interface Engine {
  draw(drawing: EngineInput, signal?: AbortSignal): AsyncGenerator<EngineProgress, EngineOutput>
  /** The same without ever holding all frames: for those who write them away as they come. */
  stream(drawing: EngineInput, signal?: AbortSignal): AsyncGenerator<StreamProgress, Streamed>
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
  const applyLoras = createApplyLoras(loraBytes)
  const mergedWeights = createMergedWeightsCache({
    dir: cacheDir === undefined ? undefined : join(cacheDir, 'merged'),
    maxBytes: maxCacheBytes,
    type: target.type,
  })
  const runner = createRunner(sessions)
  const textCache = createTextCache()

  /** Everything that a person can get wrong about files is found here, before anything is computed. */
  function prepare(drawing: Omit<EngineInput, 'seed'>) {
    const { model: files } = drawing
    const base = openModels(files)
    const { motion, vae, text } = base.model
    const { factor } = vae.architecture
    const zero = isZero(drawing)
    checkSize(drawing, { factor, hasMotion: motion !== null || zero })
    if (zero) refuseClipForZero(drawing)
    const asked = prepareClip(drawing, zero ? { vae, motion: crossFrameLimits } : base.model)
    const applied = applyLoras(base, files.loras)
    const clip = applied.changesMotion && motion && !zero ? prepareClip(drawing, { vae, motion: untrained(motion.architecture) }) : asked
    checkStrengths(clip, files.loras.length, applied.merged.length)
    if (base.model.control) refuseLongWindow(base.model.control, clip.plan)
    const { width } = text.architecture
    // A file that is named for a word counts before one that came inside a LoRA.
    const embeddings = new Map([
      ...[...base.model.addedWords].map(([word, tensor]) => [word, vectorsIn(tensor)] as const),
      ...bundledEmbeddings(applied.words, width),
      ...readEmbeddings(files.embeddings ?? [], width),
    ])
    return { base, applied, embeddings, clip }
  }

  function netsFor(
    base: OpenModel,
    applied: AppliedLoras,
    size: Size & Pick<EngineInput, 'method'>,
    { plan: { atOnce, motionWindows } }: PreparedClip,
    timeOffset?: Float32Array,
  ) {
    const { model, keys } = mergedWeights.merge(base, applied.merged, applied.stampOf)
    const options = { runner, target, vaeTarget, keys, adapters: applied.adapters, ...omitUndefined({ motionWindows, timeOffset }) }
    const crossFrames = isZero(size)
    const nets = createNets(model, { ...size, frames: atOnce }, { ...options, crossFrames })
    return { model, keys, nets, firstNets: crossFrames ? createNets(model, { ...size, frames: 1 }, options) : nets }
  }

  async function* stream(asked: EngineInput, signal?: AbortSignal): AsyncGenerator<StreamProgress, Streamed> {
    const drawing = { ...asked, prompt: withoutTags(asked.prompt), negative: withoutTags(asked.negative) }
    const { base, applied, embeddings, clip } = prepare(drawing)
    const { plan, settings } = clip
    const schedule = scheduleOf(drawing, clip, base.model, applied)
    if (isZero(drawing)) refuseForZero(schedule)
    const shownAt = checkControl(base.model.control, drawing.control, drawing)
    refuseSharedFrames(shownAt, plan)
    if (drawing.control) refuseOtherSize(drawing.control.pictures, drawing)
    const sampler = createSampler(schedule.sampler)
    const { prompt, negative, clipSkip = 1, continues, variationOf } = drawing
    if (variationOf) firstCallFor(variationOf.strength, sampler)
    signal?.throwIfAborted()
    yield { stage: 'loading', step: 0, of: 0 }

    const { condProj } = base.model
    const timeOffset = condProj && guidanceEmbedding(schedule.guidance, condProj)
    const { model, keys, nets, firstNets } = netsFor(base, applied, drawing, clip, timeOffset)
    const calls = sampler.timesteps.length
    const textKey = [
      keys.text,
      applied.textKey,
      String(clipSkip),
      ...[...applied.words].map(([word, { stamp }]) => word + stamp),
      ...(drawing.model.embeddings ?? []).map(({ file, word }) => word + fileStamp(file)),
    ]
    const encode = textCache(textKey, (chunk) => encodeChunk(nets, chunk, clipSkip, embeddings))
    const vectors = new Map([...embeddings].map(([word, { length }]) => [word, length]))
    const { drawn, keyed } = plan
    const { positions } = model.text.architecture
    const travel = { drawn, keyed, interpolation: settings.interpolation, hold: settings.promptHold }
    const contexts = await encodeClipPrompts(encode, model.tokenizer, { prompt, negative, calls, vectors, positions, ...travel })
    signal?.throwIfAborted()

    const { architecture: vae } = model.vae
    const latentShape = [vae.latentChannels, drawing.height / vae.factor, drawing.width / vae.factor] as const
    const known = continues && (await nets.encode(continues))
    const source = variationOf && (await nets.encode(repeatedFrames(variationOf.frames, drawn)))
    const controlOf = model.control && drawing.control ? await showPictures(nets, model.control, drawing.control, shownAt, plan) : undefined
    const clipSchedule = condProj ? { ...schedule, guidance: 1 } : schedule
    const contextAt = (call: number) => contexts[call]!
    const numbers = numbersOverClip(clip)
    const clipSteps = () =>
      denoise(
        nets,
        contextAt,
        latentShape,
        {
          frames: drawn,
          schedule: clipSchedule,
          windowsAt: plan.windowsAt,
          ...startOf(drawing.seed, clip),
          ...(condProj ? omitUndefined({ strengths: numbers.strengths }) : numbers),
          ...(known && { known }),
          ...(controlOf && { controlOf }),
          ...(source && variationOf && { variation: { latents: source, strength: variationOf.strength } }),
        },
        signal,
      )
    const zeroSteps = () =>
      textToVideoZero(
        { first: firstNets, all: nets, atOnce: plan.atOnce },
        contextAt,
        latentShape,
        { frames: drawn, schedule: clipSchedule, generator: torchGenerator(drawing.seed) },
        signal,
      )
    const steps = isZero(drawing) ? zeroSteps() : clipSteps()
    let done = 0
    let turn = await steps.next()
    for (; !turn.done; turn = await steps.next()) {
      const { step, of, guess } = turn.value
      done = of
      const preview = async (): Promise<Frames> => {
        const latents = guess()
        return previewFrames(latents, latentShape, await previewMapFor(vae, nets, latents, latentShape))
      }
      yield { stage: 'denoising', step, of, preview }
    }
    const decoding = { stage: 'decoding', step: done, of: done } as const
    yield decoding
    const meter = createSeamMeter()
    if (continues) {
      meter.add(continues)
      yield { ...decoding, frames: continues }
    }
    const shown =
      plan.mayFold && !known && !controlOf
        ? await foldWhereOpen(turn.value, drawn, nets.decode)
        : { latents: plan.finish(turn.value), again: plan.again }
    for await (const frames of withRepeats(nets.decodeInParts(shown.latents.subarray(known?.length ?? 0)), shown.again)) {
      signal?.throwIfAborted()
      meter.add(frames)
      yield { ...decoding, frames }
    }
    // Text2Video-Zero has no windows that would close anything.
    const made = isZero(drawing) ? { ...plan, loop: 'none' as const } : plan
    const closing = closingOf(made, 'folded' in shown && shown.folded, meter.seam())
    const unheard = condProj && (negative.trim() !== '' || clip.guidance) ? [guidanceTaken] : []
    const files = [...model.trained.notes, ...base.notes, ...applied.notes]
    const notes = [...tagNotes(asked), ...schedule.notes, ...unheard, ...files, ...closing.notes]
    return { schedule, notes, ...closing.measured }
  }

  return {
    open: (files) => openModels(files).model,

    stream,

    async *draw(drawing, signal) {
      const { frames: count, width, height } = drawing
      let data: Uint8Array | undefined
      let filled = 0
      const steps = stream(drawing, signal)
      let turn = await steps.next()
      for (; !turn.done; turn = await steps.next()) {
        const { frames, ...progress } = turn.value
        if (!frames) yield progress
        else {
          data ??= new Uint8Array(count * width * height * 3)
          data.set(frames.data, filled)
          filled += frames.data.length
        }
      }
      const each = width * height * 3
      return { frames: { count: filled / each, width, height, data: data!.subarray(0, filled) }, ...turn.value }
    },

    async warm(loading) {
      const { base, applied, clip } = prepare({ prompt: '', negative: '', ...loading })
      await netsFor(base, applied, loading, clip).nets.load(loading.clipSkip ?? 1, clip.plan.decoded)
    },

    close: () => sessions.release(),
  }
}

/** A module that was trained on loops draws none by itself where a LoRA moves it otherwise. */
const untrained = ({ maxFrames }: MotionArchitecture): { readonly architecture: WindowPositions } => ({ architecture: { maxFrames } })

/** Where guidance travels it must be right at every key; the largest is told. */
function scheduleOf(drawing: EngineInput, { guidance: keys }: PreparedClip, model: Model, applied: AppliedLoras): Schedule {
  if (!keys) return scheduleAt(drawing, drawing.guidance, model, applied)
  const schedules = keys.map(({ value }) => scheduleAt(drawing, value, model, applied))
  return schedules.reduce((most, it) => (it.guidance > most.guidance ? it : most))
}

function scheduleAt(
  drawing: EngineInput,
  guidance: number | undefined,
  { motion, trained }: Model,
  { distilledLora: said }: AppliedLoras,
): Schedule {
  const { steps, sampler, spacing, betas, model } = drawing
  const wanted = omitUndefined({ steps, guidance, sampler, spacing, betas })
  // Not every LCM LoRA says that it is one: a person who asks for its sampler is believed.
  const distilledLora = said ?? (sampler === 'lcm' && model.loras.some(({ strength }) => strength > 0) ? lcmDistillation : undefined)
  return scheduleFor(drawing.frames > 1 && !isZero(drawing) ? (motion?.architecture ?? null) : null, wanted, {
    ...trained,
    ...omitUndefined({ distilledLora }),
  })
}

const encodeChunk = (nets: Pick<Nets, 'encodeText'>, { ids, embeddings: slots }: Chunk, clipSkip: number, embeddings: Embeddings) =>
  nets.encodeText(
    ids,
    clipSkip,
    slots.map(({ at, word, index }) => ({ at, vector: embeddings.get(word)![index]! })),
  )
