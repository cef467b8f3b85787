// What a training is asked for: which part of which model, from what, how long and how.

import type { BaseFiles, Device } from '../engine/index.ts'
import type { Recomputation, TextReading, TraineeName, TraineeOptions, TrainerOptions } from '../engine/train.ts'
import type { PocketDatasetOptions } from './pocket-dataset.ts'

/** JSON. */
export interface TrainingRequest
  extends Omit<TrainerOptions, 'device' | 'threads' | 'recomputation' | 'availableBytes' | 'weightDir'>,
    Omit<TraineeOptions, 'seed' | 'model' | keyof TextReading> {
  readonly kind: TraineeName
  /** A folder: see dataset.ts; or the name of what stands for one. */
  readonly data: string
  /** Drawn instead of read: see pocket-dataset.ts. */
  readonly world?: Omit<PocketDatasetOptions, 'frames'>
  /** Of what has none. */
  readonly caption?: string
  readonly model: BaseFiles
  /** Beside stills, images that the base model draws of these: see regularization-images.ts. */
  readonly regularization?: { readonly prompts: readonly string[] }
}

/** What of it, and of the recomputation and the machine, leaves the weights as they are. */
export interface TrainingMeans {
  /** Absent: everything is kept that fits. */
  readonly recomputation?: Recomputation
  readonly saveEvery: number
  readonly device: Device
  readonly threads?: number
}
