// One step of training: the gradients of its examples, added up, and an update of the weights.

import type { Feeds, Session } from '../runtime/session.ts'
import type { Optimizer, OptimizerState } from './optimizer.ts'
import type { Parameters } from './parameters.ts'

/** One run of a training graph. */
export interface Example {
  /** Without the trained inputs and the weight. */
  readonly feeds: Feeds
  /** Of its loss in the sum: the mean over a batch has one share each. */
  readonly weight: number
}

export interface Accumulated {
  /** Σ weight · loss */
  readonly loss: number
  /** Of each example, without its weight. */
  readonly losses: readonly number[]
}

/** Runs every example and adds its gradients to `sums`. */
export async function accumulate(
  session: Session,
  parameters: Parameters,
  weights: Float32Array,
  examples: Iterable<Example> | AsyncIterable<Example>,
  sums: Float32Array,
): Promise<Accumulated> {
  const trained = parameters.feeds(weights)
  const losses: number[] = []
  let loss = 0
  for await (const { feeds, weight } of examples) {
    const outputs = await session.run({ ...feeds, ...trained, weight: Float32Array.of(weight) })
    parameters.addGradients(outputs, sums)
    losses.push(outputs['loss']![0]!)
    loss += weight * losses.at(-1)!
  }
  return { loss, losses }
}

export interface StepResult extends Accumulated {
  /** Of the gradient before it was clipped. */
  readonly norm: number
}

export async function takeStep(
  session: Session,
  parameters: Parameters,
  optimizer: Optimizer,
  state: OptimizerState,
  examples: Iterable<Example> | AsyncIterable<Example>,
  { factor = 1, sums = new Float32Array(parameters.length) }: { readonly factor?: number; readonly sums?: Float32Array } = {},
): Promise<StepResult> {
  sums.fill(0)
  const found = await accumulate(session, parameters, state.weights, examples, sums)
  const { norm } = await optimizer.update(state, sums, factor)
  return { ...found, norm }
}
