// Pool activity: how much is being drawn or waits for a slot, for whoever is to wait meanwhile.

import type { RenderPool } from '../pool.ts'

export interface PoolActivity {
  /** Called at once, and whenever it is more or less. Returns what takes the listener away. */
  onCount(listener: (count: number) => void): () => void
}

export function watchPool(pool: RenderPool): { readonly pool: RenderPool; readonly activity: PoolActivity } {
  let count = 0
  const listeners = new Set<(count: number) => void>()

  function change(by: 1 | -1): void {
    count += by
    for (const listener of listeners) listener(count)
  }

  async function counted<T>(work: () => Promise<T>): Promise<T> {
    change(1)
    try {
      return await work()
    } finally {
      change(-1)
    }
  }

  return {
    pool: {
      ...pool,
      render: (recipe, options) => counted(() => pool.render(recipe, options)),
      warm: (recipe) => counted(() => pool.warm(recipe)),
    },
    activity: {
      onCount(listener) {
        listener(count)
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
    },
  }
}
