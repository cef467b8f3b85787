// Waits for hosts to come and go.

import type { RenderPool } from '../../../src/render/pool.ts'

/** Resolves when the pool has so many slots. */
export async function untilCapacity(pool: Pick<RenderPool, 'capacity' | 'onCapacity'>, slots: number): Promise<void> {
  if (pool.capacity() === slots) return
  await new Promise<void>((resolve) => {
    const stop = pool.onCapacity(() => {
      if (pool.capacity() !== slots) return
      stop()
      resolve()
    })
  })
}
