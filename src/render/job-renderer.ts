// A job renderer over a render pool: a job becomes an animation among the blobs. Its style is looked up, the pool renders it, and
// it is put away under a name that tells nothing.

import type { Closing } from '../clip.ts'
import type { Note } from '../errors.ts'
import type { JobRenderer } from '../jobs/renderer.ts'
import type { AnimationRequest } from '../jobs/request.ts'
import { cellBlobOf, type ResultDetails } from '../jobs/result-details.ts'
import { traceparentOf } from '../jobs/trace-context.ts'
import type { Animation } from '../media/animation.ts'
import { omitUndefined } from '../omit-undefined.ts'
import type { Blobs } from '../store/store.ts'
import { earlierGone } from './frames/earlier-errors.ts'
import type { RenderPool } from './pool.ts'
import type { Recipe } from './recipe.ts'

export interface JobRendererParts {
  /** @throws UserError where the style was removed or quarantined meanwhile */
  readonly recipeFor: (request: AnimationRequest) => Promise<Recipe>
  readonly pool: Pick<RenderPool, 'render' | 'capacity' | 'onCapacity' | 'check'>
  readonly blobs: Pick<Blobs, 'pathOf' | 'put'>
  /** Milliseconds of any steady clock. */
  readonly now: () => number
}

const previewEveryMs = 1000

export function createJobRenderer({ recipeFor, pool, blobs, now }: JobRendererParts): JobRenderer {
  return {
    capacity: pool.capacity,
    onCapacity: pool.onCapacity,
    async check(request) {
      // Whoever waits for an hour would be told no more than whoever is told at once.
      await earlierOf(request, blobs)
      await pool.check?.(await recipeFor(request))
    },
    async render(job, { signal, onProgress }) {
      const recipe = { ...(await recipeFor(job.request)), ...(await earlierOf(job.request, blobs)) }
      let began = now()
      const drawn = await pool.render(recipe, {
        id: job.id,
        begunBefore: job.attempts > 1,
        traceparent: traceparentOf(job.id),
        signal,
        previewEveryMs,
        onProgress(progress) {
          // Loading says nothing about how long the next one will take.
          if (progress.stage === 'loading') began = now()
          onProgress(progress)
        },
      })
      const { animation, notes, closing, cells = [], stepMs, renderMs = now() - began } = drawn
      const stepsMs = stepMs.reduce((sum, ms) => sum + ms, 0)
      signal.throwIfAborted()
      const blob = `${job.id}.${animation.format}`
      await blobs.put(blob, animation.bytes)
      for (const [n, cell] of cells.entries()) await blobs.put(cellBlobOf(blob, n), cell.animation.bytes)
      const alone = cells.map((cell) => detailsOf(cell.animation, cell.note ? [cell.note] : [], cell.closing))
      const details = { ...detailsOf(animation, notes, closing), ...(cells.length > 0 && { cells: alone }) }
      return { result: { blob, details }, renderMs, stepsMs }
    },
  }
}

function detailsOf(
  { bytes, format, width, height, frames, fps }: Animation,
  notes: readonly Note[],
  closing: Closing | undefined,
): Omit<ResultDetails, 'cells'> {
  return { format, width, height, frames, fps, bytes: bytes.length, notes, ...omitUndefined({ closing }) }
}

/** @throws UserError `given-gone` where it was deleted meanwhile */
async function earlierOf({ earlier }: AnimationRequest, blobs: Pick<Blobs, 'pathOf'>): Promise<Pick<Recipe, 'earlier'>> {
  if (!earlier) return {}
  const path = await blobs.pathOf(earlier.blob)
  if (path !== undefined) return { earlier: path }
  throw earlierGone(earlier.blob)
}
