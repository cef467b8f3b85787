// A gated renderer: what it draws waits until the test lets it go on.

import type { Format } from '../../../src/animation-format.ts'
import { fixedCapacity } from '../../../src/jobs/capacity.ts'
import type { JobRenderer } from '../../../src/jobs/renderer.ts'
import type { Store } from '../../../src/store/store.ts'

export interface GatedRenderer {
  readonly make: (blobs: Store['blobs']) => JobRenderer
  /** Everything that is being drawn is done. */
  open(): void
  /** What is drawn from now on waits again. */
  shut(): void
  /** A step of everything that is being drawn. */
  step(): void
}

/** @param open whether nothing waits at first */
export function gatedRenderer(picture: () => Promise<Uint8Array>, { format = 'webp' as Format, open = false } = {}): GatedRenderer {
  let gate = Promise.withResolvers<void>()
  if (open) gate.resolve()
  const steps = new Set<() => void>()
  return {
    open: () => gate.resolve(),
    shut() {
      gate = Promise.withResolvers()
    },
    step() {
      for (const one of steps) one()
    },
    make: (blobs) => ({
      ...fixedCapacity(2),
      async render(job, { signal, onProgress }) {
        const bytes = await picture()
        let step = 1
        const next = () => onProgress({ stage: 'denoising', step: step++, of: 20 })
        steps.add(next)
        next()
        const cancelled = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
        await Promise.race([gate.promise, cancelled]).finally(() => steps.delete(next))
        const blob = `${job.id}.${format}`
        await blobs.put(blob, bytes)
        const details = { format, width: 16, height: 16, frames: 3, fps: 8, bytes: bytes.length, notes: [] }
        return { result: { blob, details }, renderMs: 20 }
      },
    }),
  }
}
