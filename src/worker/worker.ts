// The process that holds the GPU, as the rest of the house sees it. host.ts starts it and talks to it; child.ts is it.

import type { Animation } from '../media/animation.ts'
import type { Recipe } from '../render.ts'

export interface Worker {
  /**
   * One after the other: a second drawing waits for the first.
   * @throws UserError what the drawing was refused for; `worker-died` where the process died twice on it; the signal's reason where aborted
   */
  draw(recipe: Recipe, options?: DrawOptions): Promise<Drawn>
  /** Loads what a recipe needs, so that its first step does not wait. Draws nothing. */
  warm(recipe: Recipe): Promise<void>
  /** What was chosen to draw on, and sentences about it for the operator; starts the process where it is not running. */
  device(): Promise<{ readonly name: string; readonly notes: readonly string[] }>
  /** Ends the process, also in the middle of a step. */
  close(): Promise<void>
}

export interface DrawOptions {
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: DrawProgress) => void
  /** Whether progress is wanted with a moving preview, and how often at most. */
  readonly previewEveryMs?: number
}

export interface DrawProgress {
  readonly stage: 'loading' | 'denoising' | 'decoding' | 'encoding'
  /** Steps that are done, of all. */
  readonly step: number
  readonly of: number
  /** A small looping WebP. */
  readonly preview?: Uint8Array
}

export interface Drawn {
  readonly animation: Animation
  /** Sentences for the person: what was lowered to fit, what the model does not know. */
  readonly notes: readonly string[]
  /** Milliseconds of each denoising step, for estimates. */
  readonly stepMs: readonly number[]
}
