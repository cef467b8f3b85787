// The local render pool of several devices: one slot each. What is handed in waits for the first that is free, and goes to one that has
// its model loaded where there is one.

import { fixedCapacity } from '../../jobs/capacity.ts'
import { unlessAborted } from '../../unless-aborted.ts'
import { PoolClosed, type RenderPool } from '../pool.ts'
import type { Recipe } from '../recipe.ts'
import { createSlots, type Slot } from '../slots.ts'

/** @param devices at least one; closed with the pool */
export function createDevicePool(devices: readonly Slot[]): RenderPool {
  const slots = createSlots(devices)
  const waiting: (() => boolean)[] = []
  let closed = false

  function release(slot: Slot): void {
    slots.release(slot)
    while (waiting[0]?.()) waiting.shift()
  }

  /** Whoever stops waiting is passed over. */
  function slotFor(recipe: Recipe, signal: AbortSignal | undefined): Promise<Slot | undefined> {
    return new Promise((resolve) => {
      const take = (): boolean => {
        if (closed || signal?.aborted) {
          resolve(undefined)
          return true
        }
        const slot = slots.take([JSON.stringify(recipe.model), recipe.model.checkpoint])
        if (slot) resolve(slot)
        return slot !== undefined
      }
      if (waiting.length > 0 || !take()) waiting.push(take)
    })
  }

  async function within<T>(recipe: Recipe, signal: AbortSignal | undefined, work: (pool: RenderPool) => Promise<T>): Promise<T> {
    const slot = await slotFor(recipe, signal)
    if (!slot) {
      signal?.throwIfAborted()
      throw new PoolClosed()
    }
    const done = work(slot.pool)
    // After an abort the device is busy until its step has ended.
    done.then(
      () => release(slot),
      () =>
        slot.pool
          .device()
          .catch(() => undefined)
          .then(() => release(slot)),
    )
    return done
  }

  function call<T>(recipe: Recipe, signal: AbortSignal | undefined, work: (pool: RenderPool) => Promise<T>): Promise<T> {
    if (closed) return Promise.reject(new PoolClosed())
    const done = within(recipe, signal, work)
    return signal ? unlessAborted(done, signal) : done
  }

  return {
    ...fixedCapacity(devices.length),
    render: (recipe, options = {}) => call(recipe, options.signal, (pool) => pool.render(recipe, options)),
    warm: async (recipe) => void (await Promise.all(devices.map(({ pool }) => pool.warm(recipe)))),
    async device() {
      if (closed) throw new PoolClosed()
      const told = await Promise.all(devices.map(({ pool }) => pool.device()))
      const notes = told.flatMap((one, index) => one.notes.map((note) => `${devices[index]!.name}: ${note}`))
      return { name: devices.map(({ name }) => name).join(', '), notes: [...new Set(notes)] }
    },
    async close() {
      closed = true
      for (const resolve of waiting.splice(0)) resolve()
      await Promise.all(devices.map(({ pool }) => pool.close()))
    },
  }
}
