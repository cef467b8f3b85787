// The engine: from a sentence to frames. Text → context; noise → denoising loop → latents → frames. Models stay open and their sessions
// warm between animations.

import { fileStamp } from '../checkpoint/tensor/file-stamp.ts'
import type { Note } from '../errors.ts'
import type { Frames } from '../frames.ts'
import { guidanceEmbedding } from '../nets/guidance-embedding.ts'
import { torchGenerator } from '../noise.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { withoutTags } from '../prompt-tags.ts'
import type { Sessions } from '../runtime/sessions.ts'
import { createSampler } from '../samplers/create-sampler.ts'
import type { Schedule } from '../samplers/schedule.ts'
import type { Chunk } from '../text/chunks.ts'
import type { Embeddings } from '../text/embeddings.ts'
import { encodeClipPrompts } from './clip/clip-context.ts'
import { numbersOverClip, refuseOtherSize, repeatedFrames, startOf, withRepeats } from './clip/clip-input.ts'
import { firstCallFor } from './clip/known-frames.ts'
import { checkControl } from './control/control-input.ts'
import { refuseSharedFrames, showPictures } from './control/shown-pictures.ts'
import { denoise } from './denoise.ts'
import { createDrawingNets, type DrawingNetsOptions } from './drawing-nets.ts'
import { scheduleOf } from './drawing-schedule.ts'
import type { EngineInput, Loading } from './engine-input.ts'
import { type Closing, closingOf, foldWhereOpen } from './loop/closing.ts'
import { createSeamMeter } from './loop/seam.ts'
import type { BaseFiles, Model } from './model/model.ts'
import type { Nets } from './nets.ts'
import { previewFrames, previewMapFor } from './preview.ts'
import { createTextCache } from './prompt/text-cache.ts'
import { guidanceTaken, tagNotes } from './prompt/unheard-words.ts'
import { createRunner } from './runner.ts'
import { refuseForZero, textToVideoZero } from './zero/text-to-video-zero.ts'
import { isZero } from './zero/zero-clip.ts'

export type { EngineInput, Loading } from './engine-input.ts'

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

export interface EngineOptions extends Omit<DrawingNetsOptions, 'runner'> {
  readonly sessions: Sessions
}

export function createEngine({ sessions, ...options }: EngineOptions): Engine {
  const drawingNets = createDrawingNets({ ...options, runner: createRunner(sessions) })
  const textCache = createTextCache()

  async function* stream(asked: EngineInput, signal?: AbortSignal): AsyncGenerator<StreamProgress, Streamed> {
    const drawing = { ...asked, prompt: withoutTags(asked.prompt), negative: withoutTags(asked.negative) }
    const prepared = drawingNets.prepare(drawing)
    const { base, applied, embeddings, clip } = prepared
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
    const { model, keys, nets, firstNets } = drawingNets.netsFor(prepared, drawing, timeOffset)
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
    const { strengths, guidance } = numbersOverClip(clip)
    const numbers = omitUndefined({ strengths, guidance: condProj ? undefined : guidance })
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
          ...numbers,
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
        {
          frames: drawn,
          schedule: clipSchedule,
          generator: torchGenerator(drawing.seed),
          ...omitUndefined({ guidance: numbers.guidance }),
        },
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
    open: drawingNets.open,

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
      const prepared = drawingNets.prepare({ prompt: '', negative: '', ...loading })
      await drawingNets.netsFor(prepared, loading).nets.load(loading.clipSkip ?? 1, prepared.clip.plan.decoded)
    },

    close: () => sessions.release(),
  }
}

const encodeChunk = (nets: Pick<Nets, 'encodeText'>, { ids, embeddings: slots }: Chunk, clipSkip: number, embeddings: Embeddings) =>
  nets.encodeText(
    ids,
    clipSkip,
    slots.map(({ at, word, index }) => ({ at, vector: embeddings.get(word)![index]! })),
  )
