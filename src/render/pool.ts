// A render pool: what has free slots to render in. This machine's child process is one (local/). Whatever the form, it keeps what
// is written here, and passes test/suites/render-pool.ts.

import type { Capacity } from '../jobs/capacity.ts'
import type { RenderProgress } from '../jobs/renderer.ts'
import type { Recipe } from './recipe.ts'
import type { Drawn, RenderOptions } from './render.ts'

/**
 * capacity() is what it can render at once just now; each change is told to who listens to onCapacity. It shrinks without stopping
 * anything that runs. What is handed in beyond it waits inside, first come, first served, and is rendered one at a time per slot.
 */
export interface RenderPool extends Capacity {
  /**
   * Rejects, once and for good, with
   * - the UserError that the render was refused with, its code, sentence and data as they were thrown, wherever that was;
   * - the signal's reason where it is aborted: at once, though the slot stays taken until the step that is being computed has ended.
   *   Nothing of it is reported or begun again afterwards;
   * - UserError of `processDied` { how } where the process that rendered it ended twice: after the first time it is begun anew, unless it
   *   was aborted meanwhile; `host-lost` { how } where the second time its host was lost;
   * - UserError `no-host-holds`, `hosts-kept`, `hosts-unreachable` where hosts that come and go are waited for in vain;
   * - PoolClosed where the pool is closed before it is done, or was already;
   * - an Error with the message and stack of whatever else was thrown: a bug.
   */
  render(recipe: Recipe, options?: PoolRenderOptions): Promise<Drawn>
  /** Loads what a recipe needs, so that its first step does not wait. Renders nothing. @throws as render */
  warm(recipe: Recipe): Promise<void>
  /** Absent: it renders whatever it is given. @throws UserError where nothing that is there could ever hold it */
  check?(recipe: Recipe): Promise<void>
  /** What was chosen to render on; starts it where it is not running. @throws UserError where a named device does not start; else as render */
  device(): Promise<DeviceNote>
  /** Stops what runs, also in the middle of a step, and resolves when nothing of the pool is left. */
  close(): Promise<void>
}

export interface PoolRenderOptions extends RenderOptions {
  /**
   * Of a-z, 0-9, - and _, at most 60: the same again after a restart takes up what has become of it meanwhile, where it is rendered by
   * another process than this one's child. So does closing the pool, or a signal that aborts with SchedulerStops, leave it where it is.
   */
  readonly id?: string
  /** An earlier process may have begun it. */
  readonly begunBefore?: boolean
  /** W3C Trace Context. */
  readonly traceparent?: string
  /**
   * In order: `loading` first, then `denoising` with each step that is done, then `decoding`, then `encoding`; from the beginning again
   * after a death. With previewEveryMs, at most so often, a step comes with a preview; the last step never does.
   */
  readonly onProgress?: (progress: RenderProgress) => void
}

export interface DeviceNote {
  readonly name: string
  /** Sentences for the operator: what was passed over or given up, and why. */
  readonly notes: readonly string[]
}

/** What was asked of a pool when it was closed is not done. */
export class PoolClosed extends Error {
  override readonly name = 'PoolClosed'
  override readonly message = 'the render pool is closed'
}
