// A trainer: a trainee's graph, opened on a device, with what turns pictures and captions into what it learns from.

import type { Device } from '../device-names.ts'
import { UserError } from '../errors.ts'
import type { Frames } from '../frames.ts'
import { omitUndefined } from '../omit-undefined.ts'
import type { Model } from '../pipeline/model/model.ts'
import type { Feeds, Session } from '../runtime/session.ts'
import { openComputedWeights, startDevice } from '../runtime/start-device.ts'
import { trainingTarget } from '../targets/training.ts'
import type { LearningRate } from './learning-rate.ts'
import type { TextReading } from './objectives/caption-contexts.ts'
import type { LossWeighting } from './objectives/loss.ts'
import type { Objective, TrainingItem } from './objectives/objective.ts'
import { allPlanesOf } from './objectives/planes.ts'
import { posteriorGraph, posteriorsOf } from './objectives/posterior.ts'
import { animateDiffAdamW, startState } from './optimizer.ts'
import type { Parameters } from './parameters.ts'
import { type MemoryPlan, planMemory } from './plan-memory.ts'
import type { Recomputation } from './recompute.ts'
import type { ReadParameter, Trainee, WrittenTrainee } from './trainees/trainee.ts'
import { type TrainingStep, trainingLoop } from './training-loop.ts'
import { openTrainingSession } from './training-session.ts'
import { readState, type TrainingSettings, type TrainingState, writeState } from './training-state.ts'

export interface TrainerOptions extends TextReading {
  readonly width: number
  readonly height: number
  /** Of a clip, one in stills; every so many of the video's. */
  readonly frames: number
  readonly stride: number
  readonly steps: number
  /** Examples a step. */
  readonly batch: number
  readonly learningRate: number
  readonly schedule: LearningRate
  readonly warmup: number
  readonly weightDecay: number
  /** Largest norm of a gradient; 0 for none. */
  readonly clip: number
  /** Decay of the running average, which is what is written; absent: the last weights. */
  readonly average?: number
  readonly weighting: LossWeighting
  /** The least that is shown; absent: 0. */
  readonly minTimestep?: number
  /** All that are shown are below it; absent: 1000. */
  readonly maxTimestep?: number
  readonly offsetNoise: number
  /** Share of examples without their caption. */
  readonly emptyCaptions: number
  readonly flip: boolean
  /** Whole number below 2^64. */
  readonly seed: string
  readonly device: Device
  readonly threads?: number
  /** Absent: everything is kept that fits. */
  readonly recomputation?: Recomputation
  readonly availableBytes: number
  /** Where weights that had to be computed are kept. */
  readonly weightDir: string
}

export interface Trainer {
  readonly plan: Omit<MemoryPlan, 'built'>
  /** How many numbers are trained. */
  readonly count: number
  readonly keeps: Objective['keeps']
  /** Numbers that are kept of a frame. */
  readonly frameLength: number
  /** What each caption is fed as, the empty one among them. */
  encodeCaptions(captions: Iterable<string>): Promise<ReadonlyMap<string, Feeds>>
  /** What is kept of frames, one behind the other. */
  encode(frames: Frames, mirrored: boolean): Promise<Float32Array>
  /** Nothing is encoded any more. @throws UserError of training-state.ts */
  start(from: TrainingStart): Promise<Training>
  close(): Promise<void>
}

export interface TrainingStart {
  readonly items: readonly TrainingItem[]
  readonly captions: ReadonlyMap<string, Feeds>
  /** What decides the result: a state that was kept with others is refused. */
  readonly settings: TrainingSettings
  /** Of a state to go on from. */
  readonly statePath?: string
}

export interface Training {
  readonly stepsDone: () => number
  steps(signal?: AbortSignal): AsyncGenerator<TrainingStep, void>
  save(path: string): void
  /** The running average where one is kept, else the last weights. */
  written(): WrittenTrainee
}

/** @throws UserError `train-distilled`, `train-memory`, and those of starting a device */
export async function openTrainer(model: Model, trainee: Trainee, options: TrainerOptions): Promise<Trainer> {
  if (trainee.objective.keeps === 'posterior') refuseDistilled(model)
  const { width, height, frames, device, threads, weightDir, recomputation } = options
  const { factor, latentChannels } = model.vae.architecture
  const [h, w] = [height / factor, width / factor]
  const started = await startDevice(device, omitUndefined({ threads, weightDir }))
  const target = trainingTarget(started.vaeTarget) // float32, whatever the device draws in
  const { objective } = trainee
  const { built, ...plan } = planMemory(
    (checkpointing) => objective.graph(target, { frames, h, w }, checkpointing),
    options.availableBytes,
    recomputation && [recomputation],
  )
  const { graph, parameters } = built
  const open: { encoder?: Promise<Session>; training?: Session } = {}

  return {
    plan,
    count: parameters.length,
    keeps: objective.keeps,
    frameLength: objective.keeps === 'pixels' ? 3 * width * height : 2 * latentChannels * h * w,
    encodeCaptions: (captions) => objective.captions(captions, { ...options, target: started.target, load: started.load }),
    async encode(pictures, mirrored) {
      if (objective.keeps === 'pixels') return allPlanesOf(pictures, mirrored)
      open.encoder ??= started.load(posteriorGraph(model, started.vaeTarget, { pictures: 1, h, w }))
      return posteriorsOf(await open.encoder, pictures, mirrored)
    },
    async start({ items, captions, settings, statePath }) {
      const { steps, schedule, warmup, learningRate, weightDecay, clip, average } = options
      await (await open.encoder)?.release()
      delete open.encoder
      const state = statePath === undefined ? firstState(trainee, parameters, average) : readState(statePath, settings, parameters.length)
      const weights = device === 'cpu' ? openComputedWeights(omitUndefined({ threads, weightDir })) : null
      open.training = await openTrainingSession(graph, { device, ...omitUndefined({ threads }), ...(weights && { weights }) })
      const exampleAt = objective.examples({
        ...options,
        ...{ items, captions, window: { frames, stride: options.stride }, seed: BigInt(options.seed) },
      })
      const loop = {
        ...{ session: open.training, parameters, state, exampleAt, batch: options.batch },
        optimizer: { ...animateDiffAdamW, learningRate, weightDecay, clip },
        learningRate: { schedule, warmup, steps },
        ...(average !== undefined && { average: { decay: average, warmup: 'ramp' as const } }),
      }
      return {
        stepsDone: () => state.step,
        steps: (signal) => trainingLoop(loop, signal),
        save: (path) => writeState(path, state, settings),
        written: () => trainee.written(readerOf(parameters, state.average ?? state.weights)),
      }
    },
    async close() {
      await (await open.encoder)?.release()
      await open.training?.release()
    },
  }
}

/** What was distilled into a net goes by training it on noise. */
function refuseDistilled({ unet, trained, condProj }: Model): void {
  if (!condProj && !trained.distilledCheckpoint) return
  throw new UserError(
    'train-distilled',
    `${unet.file} was distilled to draw in a few steps, which training would undo: learn on the checkpoint that it was made from.`,
    {
      file: unet.file,
    },
  )
}

function firstState(trainee: Trainee, parameters: Parameters, average: number | undefined): TrainingState {
  const weights = new Float32Array(parameters.length)
  for (const parameter of parameters.all) parameters.view(weights, parameter.name).set(trainee.start(parameter))
  return { ...startState(weights), ...(average !== undefined && { average: weights.slice() }) }
}

const readerOf =
  (parameters: Parameters, weights: Float32Array): ReadParameter =>
  (name) =>
    parameters.has(name) ? parameters.view(weights, name) : undefined
