// A simulated GPU: one slot, steps that take a while, an animation that depends on the seed alone.

import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { fixedCapacity } from '../../src/jobs/capacity.ts'
import { PoolClosed, type RenderPool } from '../../src/render/pool.ts'
import type { Recipe } from '../../src/render/recipe.ts'
import type { Drawn } from '../../src/render/render.ts'
import { serial } from '../../src/serial.ts'
import { unlessAborted } from '../../src/unless-aborted.ts'

export interface SimulatedPoolOptions {
  readonly stepMs: number
  /** Of an animation. */
  readonly bytes?: number
  readonly onBegin?: (recipe: Recipe) => void
  /** May throw, as a device does. */
  readonly onStep?: (recipe: Recipe, step: number) => void
}

export function createSimulatedPool({ stepMs, bytes = 1000, onBegin, onStep }: SimulatedPoolOptions): RenderPool {
  const inTurn = serial()
  const closing = new AbortController()
  const checkOpen = () => closing.signal.throwIfAborted()

  async function draw(
    recipe: Recipe,
    { signal, previewEveryMs, onProgress }: NonNullable<Parameters<RenderPool['render']>[1]>,
  ): Promise<Drawn> {
    const { steps: of, frames, fps, width, height, format } = recipe.request
    const show = (stage: Parameters<NonNullable<typeof onProgress>>[0]['stage'], step: number) => {
      if (signal?.aborted) return
      const preview = stage === 'denoising' && previewEveryMs !== undefined && step < of ? bytesOf(recipe, 500) : undefined
      onProgress?.({ stage, step, of: stage === 'loading' ? 0 : of, ...(preview && { preview }) })
    }
    checkOpen()
    signal?.throwIfAborted()
    onBegin?.(recipe)
    show('loading', 0)
    const stepMsAll: number[] = []
    for (let step = 1; step <= of; step++) {
      await sleep(stepMs, undefined, { signal: closing.signal }).catch(() => undefined)
      checkOpen()
      signal?.throwIfAborted()
      onStep?.(recipe, step)
      stepMsAll.push(stepMs)
      show('denoising', step)
    }
    show('decoding', of)
    show('encoding', of)
    return { animation: { bytes: bytesOf(recipe, bytes), format, width, height, frames, fps }, notes: [], stepMs: stepMsAll }
  }

  return {
    ...fixedCapacity(1),
    render(recipe, options = {}) {
      const drawn = inTurn(() => draw(recipe, options))
      return options.signal ? unlessAborted(drawn, options.signal) : drawn
    },
    warm: async () => checkOpen(),
    device: () => inTurn(async () => ({ name: 'a simulated GPU', notes: [] })),
    async close() {
      closing.abort(new PoolClosed())
    },
  }
}

function bytesOf({ request: { seed } }: Recipe, length: number): Uint8Array {
  const block = createHash('sha256').update(seed).digest()
  return Buffer.concat(Array.from({ length: Math.ceil(length / block.length) }, () => block)).subarray(0, length)
}
