// The trainees by name: what `zoetrope train` can train.

import type { Model } from '../../pipeline/model/model.ts'
import { type LowRankKind, type LowRankOptions, lowRankTrainee } from './low-rank.ts'
import { type MotionTraineeOptions, motionTrainee } from './motion-module.ts'
import { type SparseControlOptions, sparseControlTrainee } from './sparse-control-trainee.ts'
import { type TextToImageOptions, textToImageTrainee } from './text-to-image.ts'
import { type TextualInversionOptions, textualInversionTrainee } from './textual-inversion.ts'
import type { Trainee } from './trainee.ts'
import { type VaeTraineeOptions, vaeTrainee } from './vae-trainee.ts'

export interface TraineeOptions
  extends LowRankOptions,
    MotionTraineeOptions,
    TextToImageOptions,
    VaeTraineeOptions,
    TextualInversionOptions,
    SparseControlOptions {}

const lowRank =
  (kind: LowRankKind) =>
  (model: Model, options: TraineeOptions): Trainee =>
    lowRankTrainee(kind, model, options)

const trainees = {
  lora: lowRank('lora'),
  adapter: lowRank('adapter'),
  motion: motionTrainee,
  'motion-lora': lowRank('motion-lora'),
  t2i: textToImageTrainee,
  vae: vaeTrainee,
  'textual-inversion': textualInversionTrainee,
  sparsectrl: sparseControlTrainee,
} as const satisfies Record<string, (model: Model, options: TraineeOptions) => Trainee>

export type TraineeName = keyof typeof trainees
export const traineeNames = Object.keys(trainees) as readonly TraineeName[]

/** @throws UserError of what does not fit the model */
export const traineeFor = (name: TraineeName, model: Model, options: TraineeOptions): Trainee => trainees[name](model, options)
