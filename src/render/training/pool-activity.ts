// Pool activity: whether anything is being drawn, for whoever is to wait meanwhile.

import type { RenderPool } from '../pool.ts'

export interface PoolActivity {
  /** Called at once, and whenever something begins to be drawn or nothing is any more. Returns what takes the listener away. */
  onBusy(listener: (busy: boolean) => void): () => void
}

export function watchPool(pool: RenderPool): { readonly pool: RenderPool; readonly activity: PoolActivity } {
  let count = 0
  const listeners = new Set<(busy: boolean) => void>()

  async function counted<T>(work: () => Promise<T>): Promise<T> {
    if (count++ === 0) for (const listener of listeners) listener(true)
    try {
      return await work()
    } finally {
      if (--count === 0) for (const listener of listeners) listener(false)
    }
  }

  return {
    pool: {
      ...pool,
      render: (recipe, options) => counted(() => pool.render(recipe, options)),
      warm: (recipe) => counted(() => pool.warm(recipe)),
    },
    activity: {
      onBusy(listener) {
        listener(count > 0)
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
    },
  }
}
