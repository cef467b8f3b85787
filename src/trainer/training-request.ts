// What a training is asked for: which part of which model, from what, how long and how.

import type { BaseFiles, Device } from '../engine/index.ts'
import type { LearningRate, LossWeighting, MotionLayout, Recomputation, TraineeName, WrittenType } from '../engine/run.ts'
import type { PocketDatasetOptions } from './pocket-dataset.ts'

/** JSON. */
export interface TrainingRequest {
  readonly kind: TraineeName
  /** A folder: see dataset.ts; or the name of what stands for one. */
  readonly data: string
  /** Drawn instead of read: see pocket-dataset.ts. */
  readonly world?: Omit<PocketDatasetOptions, 'frames'>
  /** Of what has none. */
  readonly caption?: string
  readonly model: BaseFiles
  /** A motion module: goes on with the model's own instead of beginning one. */
  readonly continues: boolean
  readonly rank: number
  readonly alpha: number
  readonly width: number
  readonly height: number
  /** Of a clip, one in stills; every so many of the video's. */
  readonly frames: number
  readonly stride: number
  readonly clipSkip: number
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
  readonly offsetNoise: number
  /** Share of examples without their caption. */
  readonly emptyCaptions: number
  readonly flip: boolean
  /** Whole number below 2^64. */
  readonly seed: string
  readonly layout: MotionLayout
  readonly writtenType: WrittenType
}

/** What of it, and of the recomputation and the machine, leaves the weights as they are. */
export interface TrainingMeans {
  /** Absent: everything is kept that fits. */
  readonly recomputation?: Recomputation
  readonly saveEvery: number
  readonly device: Device
  readonly threads?: number
}
