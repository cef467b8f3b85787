// A case of the training answers in a session that is loaded.

import type { Session } from '../../runtime/session.ts'
import type { Parameters } from '../../training/parameters.ts'
import type { TrainingAnswers } from './training-answers.ts'
import type { TrainingCase } from './training-cases.ts'

export interface TrainingLimits {
  readonly loss: number
  /** All gradients of a case as one, and its norm. */
  readonly whole: number
  /** One tensor's gradient. */
  readonly tensor: number
  /** Gradients that are none, in parts of the largest. */
  readonly zero: number
  /** Weights after some steps, all as one. */
  readonly weights: number
}

export interface TrainingRun {
  readonly name: string
  readonly it: TrainingCase
  readonly answers: TrainingAnswers
  readonly parameters: Parameters
  readonly session: Session
  readonly allowed: TrainingLimits
}

/** What is trained, as one array, before the first step. */
export function startOf({ it, parameters }: TrainingRun): Float32Array {
  const weights = new Float32Array(parameters.length)
  for (const { name } of parameters.all) parameters.view(weights, name).set(it.trained.get(name)!.values())
  return weights
}

/** The tensors of such an array by the answers' names; zeros for what the net does not read. */
export function namedIn({ it, parameters }: TrainingRun, values: Float32Array): Map<string, Float32Array> {
  const read = new Set(parameters.all.map(({ name }) => name))
  return new Map(
    [...it.trained].map(([ours, { name, values: start, told = (laidOut: Float32Array) => laidOut }]) => [
      name,
      read.has(ours) ? told(parameters.view(values, ours)) : start().map(() => 0),
    ]),
  )
}
