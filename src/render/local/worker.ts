// The process that holds the GPU, as the rest of the house sees it. host.ts starts it and talks to it; child.ts is it.

import type { Drawn, DrawProgress, Recipe, RenderOptions } from '../render.ts'

export type { Drawn, DrawProgress } from '../render.ts'

export interface Worker {
  /**
   * One after the other: a second drawing waits for the first.
   * @throws UserError what the drawing was refused for; `worker-died` where the process died twice on it; the signal's reason where aborted
   */
  draw(recipe: Recipe, options?: DrawOptions): Promise<Drawn>
  /** Loads what a recipe needs, so that its first step does not wait. Draws nothing. */
  warm(recipe: Recipe): Promise<void>
  /** What was chosen to draw on; starts the process where it is not running. @throws UserError where a named device does not start */
  device(): Promise<DeviceNote>
  /** Ends the process, also in the middle of a step. */
  close(): Promise<void>
}

export interface DrawOptions extends RenderOptions {
  readonly onProgress?: (progress: DrawProgress) => void
}

export interface DeviceNote {
  readonly name: string
  /** Sentences for the operator: what was passed over or given up, and why. */
  readonly notes: readonly string[]
}
