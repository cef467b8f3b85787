// A job becomes an animation among the blobs: its style looked up, drawn by the worker, put away under a name that tells nothing.

import type { ResultDetails } from '../chat/delivery/result-details.ts'
import type { JobRenderer } from '../jobs/renderer.ts'
import type { AnimationRequest } from '../jobs/request.ts'
import type { Json } from '../store/json.ts'
import type { Blobs } from '../store/store.ts'
import type { Worker } from './local/worker.ts'
import type { Recipe } from './render.ts'

export interface JobRendererParts {
  /** @throws UserError where the style was removed or quarantined meanwhile */
  readonly recipeFor: (request: AnimationRequest) => Promise<Recipe>
  readonly worker: Pick<Worker, 'draw'>
  readonly blobs: Pick<Blobs, 'put'>
  /** Milliseconds of any steady clock. */
  readonly now: () => number
}

const previewEveryMs = 1000

export function createJobRenderer({ recipeFor, worker, blobs, now }: JobRendererParts): JobRenderer {
  return {
    slots: 1,
    async draw(job, { signal, onProgress }) {
      const recipe = await recipeFor(job.request)
      // loading says nothing about how long the next one will take
      let began = now()
      const { animation, notes } = await worker.draw(recipe, {
        signal,
        previewEveryMs,
        onProgress(progress) {
          if (progress.stage === 'loading') began = now()
          onProgress(progress)
        },
      })
      const drawMs = now() - began
      signal.throwIfAborted()
      const { bytes, format, width, height, frames, fps } = animation
      const blob = `${job.id}.${format}`
      await blobs.put(blob, bytes)
      const details: ResultDetails = { format, width, height, frames, fps, bytes: bytes.length, notes }
      return { result: { blob, details: details as unknown as Json }, drawMs }
    },
  }
}
