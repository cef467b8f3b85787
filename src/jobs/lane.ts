// A lane of the scheduler: jobs that wait for nothing but each other, with a queue, counts and limits of their own. Drawings are one, trainings
// of styles the other: a training that takes an hour takes no turn, no slot and no place of a drawing.

import type { FairQueue } from './fair-queue/fair-queue.ts'
import type { JobCounts } from './limits/job-counts.ts'
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

/** Of trainings: how often is asked for is counted with the files that are added to the styles. */
export const trainingLimits: Limits = { person: { waiting: 1, running: 1 }, space: { waiting: 3 }, all: { waiting: 10 } }
