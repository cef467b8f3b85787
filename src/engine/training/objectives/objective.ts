// An objective: what a net is trained to do. The graph of its loss, what a dataset is kept as for it, and its examples.

import type { Feeds } from '../../runtime/session.ts'
import type { Target } from '../../targets/target.ts'
import type { Example } from '../step.ts'
import type { TrainingGraph, TrainingOptions } from '../training-graph.ts'
import type { CaptionEncoder } from './caption-contexts.ts'
import type { ClipWindow } from './clip-window.ts'
import type { LossWeighting } from './loss.ts'

/** A picture, or a clip, with the words for it. */
export interface TrainingItem {
  readonly caption: string
  /** One: a picture. */
  readonly frames: number
  /** What the dataset keeps of these frames, one behind the other. */
  read(frames: readonly number[], flipped: boolean): Float32Array
}

/** Of one example. */
export interface ExampleSize {
  readonly frames: number
  /** Latent sides. */
  readonly h: number
  readonly w: number
}

export interface ExampleSource {
  readonly items: readonly TrainingItem[]
  readonly window: ClipWindow
  /** What each caption is fed as, '' among them. */
  readonly captions: ReadonlyMap<string, Feeds>
  readonly weighting: LossWeighting
  /** The least that is shown; absent: 0. */
  readonly minTimestep?: number
  /** All that are shown are below it; absent: 1000. */
  readonly maxTimestep?: number
  /** Strength; 0 for none. */
  readonly offsetNoise: number
  /** Share of examples whose caption is left out. */
  readonly emptyCaptions: number
  /** Whether half of the examples are mirrored. */
  readonly flip: boolean
  readonly seed: bigint
}

/** Example n, counted from 0 over all steps; every item is seen once before one is seen again. `share`: of its loss in the sum of a step. */
export type ExampleAt = (n: number, share: number) => Example

export interface Objective {
  /** With the gradients of what is trained. */
  graph(target: Target, size: ExampleSize, options: Pick<TrainingOptions, 'checkpointing'>): TrainingGraph
  /** What is kept of a frame: posterior.ts [2C, h, w], or its pixels in −1..1 [3, H, W]. */
  readonly keeps: 'posterior' | 'pixels'
  captions(captions: Iterable<string>, encoder: CaptionEncoder): Promise<ReadonlyMap<string, Feeds>>
  examples(source: ExampleSource): ExampleAt
}
