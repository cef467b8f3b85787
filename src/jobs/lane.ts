// A lane of the scheduler: jobs that wait for nothing but each other, with a queue, counts and limits of their own. Drawings are one, trainings
// of styles the other: a training that takes an hour takes no turn, no slot and no place of a drawing.

import { UserError } from '../errors.ts'
import { fixedCapacity } from './capacity.ts'
import { createFairQueue, type FairQueue } from './fair-queue/fair-queue.ts'
import { createJobCounts, type JobCounts } from './limits/job-counts.ts'
import type { Limits } from './limits/limits.ts'
import type { JobRenderer } from './renderer.ts'
import type { AnimationRequest } from './request.ts'

export type LaneName = 'drawing' | 'training'

export interface Lane {
  readonly queue: FairQueue
  readonly jobCounts: JobCounts
  readonly limits: Limits
  readonly renderer: JobRenderer
}

export const laneOf = ({ training }: Pick<AnimationRequest, 'training'>): LaneName => (training ? 'training' : 'drawing')

export interface LanesOptions extends Pick<Lane, 'queue' | 'limits' | 'renderer'> {
  /** Of requests that teach a style; absent: they are refused. */
  readonly trainer?: JobRenderer
}

/** @param options of drawings, but for the trainer */
export function createLanes({ trainer = noTrainer, ...options }: LanesOptions): Readonly<Record<LaneName, Lane>> {
  return {
    drawing: { ...options, jobCounts: createJobCounts() },
    training: { queue: createFairQueue(), jobCounts: createJobCounts(), limits: trainingLimits, renderer: trainer },
  }
}

/** How often a training is begun before it is given up. */
export const trainingAttempts = 20

/** Of trainings: how often is asked for is counted with the files that are added to the styles. */
const trainingLimits: Limits = { person: { waiting: 1, running: 1 }, space: { waiting: 3 }, all: { waiting: 10 } }

const noTrainer: JobRenderer = {
  ...fixedCapacity(0),
  check: () => Promise.reject(new UserError('no-training', 'No styles are taught here.')),
  render: () => Promise.reject(new UserError('no-training', 'No styles are taught here.')),
}
