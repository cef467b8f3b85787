// One step of training: the gradients of its examples, added up, and an update of the weights.

import type { Feeds, Session } from '../runtime/session.ts'
import { type AdamW, type OptimizerState, update } from './optimizer.ts'
import { addGradients, type Gradients, type Parameters } from './parameters.ts'

/** One run of a training graph. */
export interface Example {
  /** Without the trained inputs and the weight. */
  readonly feeds: Feeds
  /** Of its loss in the sum: the mean over a batch has one share each. */
  readonly weight: number
}

export interface Accumulated {
  /** Of the sum below. */
  readonly gradients: Gradients
  /** Σ weight · loss */
  readonly loss: number
  /** Of each example, without its weight. */
  readonly losses: readonly number[]
}

/** Runs every example; the first one's gradients become the sum, so that one example takes no memory besides. */
export async function accumulate(
  session: Session,
  parameters: Parameters,
  weights: Float32Array,
  examples: Iterable<Example> | AsyncIterable<Example>,
): Promise<Accumulated> {
  const trained = parameters.feeds(weights)
  const losses: number[] = []
  let gradients: Gradients | undefined
  let loss = 0
  for await (const { feeds, weight } of examples) {
    const outputs = await session.run({ ...feeds, ...trained, weight: Float32Array.of(weight) })
    const found = parameters.gradientsIn(outputs)
    if (gradients) addGradients(gradients, found)
    else gradients = found
    losses.push(outputs['loss']![0]!)
    loss += weight * losses.at(-1)!
  }
  return { gradients: gradients ?? {}, loss, losses }
}

export interface StepResult extends Omit<Accumulated, 'gradients'> {
  /** Of the gradient before it was clipped. */
  readonly norm: number
}

export async function takeStep(
  session: Session,
  parameters: Parameters,
  optimizer: AdamW,
  state: OptimizerState,
  examples: Iterable<Example> | AsyncIterable<Example>,
  /** Of the learning rate. */
  factor = 1,
): Promise<StepResult> {
  const { gradients, ...found } = await accumulate(session, parameters, state.weights, examples)
  return { ...found, norm: update(state, gradients, parameters, optimizer, factor) }
}
