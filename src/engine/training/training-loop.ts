// The training loop: step after step, each of some examples whose gradients are added. A generator: the caller owns progress, saving,
// previews and stopping, and between two steps the state is whole.

import type { Session } from '../runtime/session.ts'
import { type LearningRateOptions, learningRateFactor } from './learning-rate.ts'
import { type AverageOptions, decayAt, follow } from './moving-average.ts'
import type { ExampleAt } from './objectives/objective.ts'
import type { AdamW } from './optimizer.ts'
import type { Parameters } from './parameters.ts'
import { type Example, takeStep } from './step.ts'
import type { TrainingState } from './training-state.ts'

export interface TrainingLoop {
  readonly session: Session
  readonly parameters: Parameters
  /** Changed in place. */
  readonly state: TrainingState
  readonly exampleAt: ExampleAt
  /** Of a step. */
  readonly batch: number
  readonly optimizer: AdamW
  readonly learningRate: LearningRateOptions
  /** Of `state.average`. */
  readonly average?: AverageOptions
}

export interface TrainingStep {
  /** Steps that are done, from 1. */
  readonly step: number
  readonly of: number
  /** The mean over the examples. */
  readonly loss: number
  /** Of the gradient before it was clipped. */
  readonly norm: number
  readonly learningRate: number
}

/** Goes on behind `state.step`. Stops between steps when `signal` is aborted, and returns. */
export async function* trainingLoop(loop: TrainingLoop, signal?: AbortSignal): AsyncGenerator<TrainingStep, void> {
  const { session, parameters, state, exampleAt, batch, optimizer, learningRate, average } = loop
  const of = learningRate.steps
  while (state.step < of && !signal?.aborted) {
    const factor = learningRateFactor(state.step, learningRate)
    const examples = examplesFrom(state.step * batch, batch, exampleAt)
    const { losses, norm } = await takeStep(session, parameters, optimizer, state, examples, factor)
    if (!Number.isFinite(norm)) state.step++ // no number: left out, as loss scaling leaves a step out
    if (average && state.average) follow(state.average, state.weights, decayAt(state.step, average))
    const loss = losses.reduce((sum, one) => sum + one, 0) / losses.length
    yield { step: state.step, of, loss, norm, learningRate: optimizer.learningRate * factor }
  }
}

/** One after the other, so that a batch is never in memory as a whole. */
function* examplesFrom(first: number, count: number, exampleAt: ExampleAt): Generator<Example> {
  for (let i = 0; i < count; i++) yield exampleAt(first + i, 1 / count)
}
