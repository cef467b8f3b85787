// The trainees by name: what `zoetrope train` can train.

import type { Model } from '../pipeline/model/model.ts'
import { type LowRankOptions, lowRankTrainee } from './low-rank.ts'
import { type MotionTraineeOptions, motionTrainee } from './motion-module.ts'
import type { Trainee } from './trainee.ts'

export const traineeNames = ['lora', 'adapter', 'motion', 'motion-lora'] as const
export type TraineeName = (typeof traineeNames)[number]

/** @throws UserError of what does not fit the model */
export const traineeFor = (name: TraineeName, model: Model, options: LowRankOptions & MotionTraineeOptions): Trainee =>
  name === 'motion' ? motionTrainee(model, options) : lowRankTrainee(name, model, options)
