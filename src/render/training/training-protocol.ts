// A protocol between processes: what the bot and the process that trains say to each other.

import type { TrainingRequest } from '../../trainer/training-request.ts'
import type { Failure } from '../local/protocol.ts'
import type { TrainingPlace } from './training-recipe.ts'

/** What is to be trained; the process's one argument, as JSON. */
export interface TrainingOrder extends TrainingPlace {
  readonly request: TrainingRequest
  /** A .safetensors; what the training needs to go on lies beside it. */
  readonly out: string
}

export type ToTraining =
  /** Between two steps it waits until it is told to go on. */
  | { readonly kind: 'pause' }
  | { readonly kind: 'go' }
  /** Keeps its state, and ends. */
  | { readonly kind: 'stop' }

export type FromTraining =
  /** `of` is 0 while pictures are encoded. */
  | { readonly kind: 'step'; readonly step: number; readonly of: number }
  /** `out` holds the weights of this step. */
  | { readonly kind: 'saved'; readonly step: number; readonly of: number }
  /** It has been told to. */
  | { readonly kind: 'waits' }
  /** Every step is done, and `out` holds what was learned. */
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly failure: Failure }
