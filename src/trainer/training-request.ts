// What a training is asked for: which part of which model, from what, how long and how.

import type { BaseFiles, Device } from '../engine/index.ts'
import type { MotionLayout, Recomputation, TraineeName, TrainerOptions, WrittenType } from '../engine/run.ts'
import type { PocketDatasetOptions } from './pocket-dataset.ts'

/** JSON. */
export interface TrainingRequest extends Omit<TrainerOptions, 'device' | 'threads' | 'recomputation' | 'availableBytes' | 'weightDir'> {
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
