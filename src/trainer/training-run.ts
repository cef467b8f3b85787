// A training, from a folder of pictures or videos to a file that others read. A straight line: dataset, captions, latents, graph, steps. Every
// so many steps its state is kept; asked for again it goes on from there, as if it had never stopped.

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { basename, dirname, join, parse } from 'node:path'
import { type Model, openModel } from '../engine/index.ts'
import {
  type MemoryPlan,
  openTrainer,
  type Trainer,
  type TrainingItem,
  type TrainingSettings,
  type TrainingStep,
  traineeFor,
  writeTrained,
} from '../engine/train.ts'
import { UserError } from '../errors.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { type DatasetEntry, readDataset } from './dataset.ts'
import { cachedItems } from './latent-cache.ts'
import { openLossLog } from './loss-log.ts'
import { pocketDataset } from './pocket-dataset.ts'
import { provenanceOf } from './provenance.ts'
import { regularizationImages } from './regularization-images.ts'
import type { TrainingMeans, TrainingRequest } from './training-request.ts'

export type TrainingProgress =
  | { readonly stage: 'encoding'; readonly done: number; readonly of: number }
  /** Before the first step. `count`: numbers that are trained; `from`: steps that were done before. */
  | {
      readonly stage: 'ready'
      readonly plan: Omit<MemoryPlan, 'built'>
      readonly count: number
      readonly from: number
      readonly items: number
    }
  | ({ readonly stage: 'training' } & TrainingStep)
  /** The state of this step can be gone on from; `write` makes the file of it. */
  | { readonly stage: 'saved'; readonly step: number; write(out: string): void }

export interface TrainingRunOptions extends TrainingMeans {
  /** Where latents and computed weights are kept. */
  readonly cacheDir: string
  readonly ffmpeg?: string
  /** Of this program. */
  readonly version: string
  /** Of a file's or a folder's contents. */
  readonly digestOf: (path: string) => Promise<string>
  readonly availableBytes: number
  /** Takes what there is of an earlier training away. */
  readonly restart: boolean
  readonly signal?: AbortSignal
}

/** Where a training keeps what it needs to go on, beside the file that it makes. */
export const trainingFolder = (out: string): string => `${join(dirname(out), parse(out).name)}.training`

/**
 * @param out its name goes into the file, and its place is where the training's folder is
 * @returns whether all steps are done; otherwise it was stopped
 * @throws UserError of what cannot be read, learned or written, naming it
 */
export async function* runTraining(
  request: TrainingRequest,
  out: string,
  options: TrainingRunOptions,
): AsyncGenerator<TrainingProgress, boolean> {
  const { cacheDir, availableBytes, device, threads, recomputation, saveEvery, signal } = options
  const pictures = datasetOf(request, options)
  const model = openModel(request.model)
  refuseOddSize(request, model)
  const trainee = traineeFor(request.kind, model, { ...request, seed: BigInt(request.seed) })
  const baseDigest = await digestOfModel(request, options.digestOf)
  const folder = trainingFolder(out)
  if (options.restart) rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const statePath = join(folder, 'state.safetensors')

  const { average, ...asked } = request
  const means = { device, availableBytes, weightDir: cacheDir, ...omitUndefined({ threads, recomputation, average }) }
  const { prompts = [] } = request.regularization ?? {}
  const drawing = { model: request.model, prompts, caption: request.caption ?? '', baseDigest, device, weightDir: cacheDir }
  const regularization = regularizationImages(pictures, { ...drawing, ...omitUndefined({ threads }) })
  const entries = withRegularization(pictures, regularization.entries)
  const trainer = await openTrainer(model, trainee, { ...asked, ...means })
  try {
    const captions = await trainer.encodeCaptions(entries.map(({ caption }) => caption))
    const items = yield* encoded(entries, model, trainer, request, options)
    await regularization.close()
    const settings = settingsOf(request, entries, baseDigest)
    const training = await trainer.start({ items, captions, settings, ...(existsSync(statePath) && { statePath }) })
    const losses = openLossLog(join(folder, 'losses.csv'), training.stepsDone(), basename(out))
    yield { stage: 'ready', plan: trainer.plan, count: trainer.count, from: training.stepsDone(), items: items.length }

    const saved = async (): Promise<TrainingProgress> => {
      training.save(statePath)
      await losses.draw(join(folder, 'losses.png'))
      const step = training.stepsDone()
      const making = { request, entries: pictures, baseDigest, stepsDone: step, version: options.version }
      return {
        stage: 'saved',
        step,
        write: (path) => writeTrained(path, training.written(), provenanceOf({ ...making, outputName: parse(path).name })),
      }
    }
    for await (const step of training.steps(signal)) {
      losses.add(step)
      yield { stage: 'training', ...step }
      if (step.step % saveEvery === 0 && step.step < step.of) yield await saved()
    }
    yield await saved()
    return training.stepsDone() >= request.steps
  } finally {
    await Promise.all([regularization.close(), trainer.close()])
  }
}

/** Pictures come so often that one example in three is one of them. */
function withRegularization(pictures: readonly DatasetEntry[], images: readonly DatasetEntry[]): readonly DatasetEntry[] {
  const times = Math.max(1, Math.round(images.length / (2 * pictures.length)))
  return [...Array.from({ length: times }, () => pictures).flat(), ...images]
}

/** @throws UserError of reading a folder */
export function datasetOf(
  { data, caption, frames, world }: Pick<TrainingRequest, 'data' | 'caption' | 'frames' | 'world'>,
  { ffmpeg }: Pick<TrainingRunOptions, 'ffmpeg'>,
): DatasetEntry[] {
  return world ? pocketDataset({ ...world, frames }) : readDataset(data, omitUndefined({ caption, ffmpeg }))
}

async function* encoded(
  entries: readonly DatasetEntry[],
  { vae }: Model,
  trainer: Trainer,
  { width, height, frames, flip }: TrainingRequest,
  { cacheDir, digestOf, signal }: TrainingRunOptions,
): AsyncGenerator<TrainingProgress, TrainingItem[]> {
  const { keeps, frameLength } = trainer
  const caching = cachedItems(entries, {
    dir: join(cacheDir, 'latents'),
    key: `${keeps === 'pixels' ? keeps : await digestOf(vae.file)} ${width}x${height}`,
    frameLength,
    mirrored: flip,
    decode: (entry) => entry.decode({ width, height }),
    encode: trainer.encode,
  })
  let next = await caching.next()
  for (; !next.done; next = await caching.next()) {
    yield { stage: 'encoding', done: next.value, of: entries.length }
    if (signal?.aborted) throw new UserError('train-stopped', 'Stopped before the first step; the same command goes on from there.')
  }
  return frames > 1 ? clipsAmong(next.value, entries) : next.value
}

/** @throws UserError `train-stills` where nothing moves */
function clipsAmong(items: readonly TrainingItem[], entries: readonly DatasetEntry[]): TrainingItem[] {
  const still = entries.find((_, i) => items[i]!.frames === 1)
  if (!still) return [...items]
  throw new UserError(
    'train-stills',
    `${still.name} does not move, and this is learned from videos and loops: take it out of the folder.`,
    {
      name: still.name,
    },
  )
}

/** @throws UserError `train-size`, `train-frames` */
function refuseOddSize({ width, height, frames }: TrainingRequest, { vae, unet, motion }: Model): void {
  const step = vae.architecture.factor * 2 ** (unet.architecture.widths.length - 1)
  if (width % step !== 0 || height % step !== 0 || Math.min(width, height) < step) {
    throw new UserError(
      'train-size',
      `Sides of what is learned from are multiples of ${step} pixels for this model, not ${width}×${height}.`,
      {
        width,
        height,
        step,
      },
    )
  }
  const most = motion?.architecture.maxFrames ?? 32
  if (frames > most)
    throw new UserError('train-frames', `The motion module sees at most ${most} frames at once, not ${frames}.`, { frames, most })
}

/** Of everything that is frozen or gone on with. */
async function digestOfModel(
  { model, kind, frames, continues, from }: TrainingRequest,
  digestOf: (path: string) => Promise<string>,
): Promise<string> {
  const { checkpoint, vae, motion } = model
  const readsMotion = kind === 'motion' ? continues : frames > 1
  const needed = [checkpoint, vae, readsMotion ? motion : undefined, from].filter((path) => path !== undefined)
  const digests = await Promise.all(needed.map(digestOf))
  return digests.length === 1 ? digests[0]! : createHash('sha256').update(digests.join()).digest('hex')
}

/** What a training that goes on must share with how it was begun. More steps of a constant rate are the same steps and others behind them. */
function settingsOf(request: TrainingRequest, entries: readonly DatasetEntry[], baseDigest: string): TrainingSettings {
  const { data, world, model, from, caption, layout, writtenType, steps, schedule, regularization, ...rest } = request
  // Not the stamps: a folder that was copied or touched is the same data.
  const names = JSON.stringify([world, entries.map(({ name, caption: words }) => [name, words])])
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
    schedule,
    ...(schedule !== 'constant' && { steps }),
    model: baseDigest,
    data: createHash('sha256').update(names).digest('hex'),
  }
}
