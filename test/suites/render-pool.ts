// The suite for render pools: what every form of one must keep, rendering with the model that ships. src/render/pool.ts has it in words.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { drawSettings } from '../../src/draw-settings.ts'
import { UserError } from '../../src/errors.ts'
import type { RenderProgress } from '../../src/jobs/renderer.ts'
import { decodeFrames } from '../../src/media/decode.ts'
import { readSettings } from '../../src/media/inspect.ts'
import { resize } from '../../src/media/pixels/resize.ts'
import { pocket } from '../../src/paths.ts'
import { PoolClosed, type RenderPool } from '../../src/render/pool.ts'
import { requestOfCell } from '../../src/render/render.ts'
import { decode } from '../media/decode.ts'
import { smallRecipe } from '../render/small-recipe.ts'

export interface RenderPoolRig {
  readonly pool: RenderPool
  /** Ends, as a lack of memory does, what renders just now. */
  kill(): void
  /** Only of a pool whose capacity changes; resolves when that is so. */
  resize?(slots: number): Promise<void>
  /** Takes away what is left besides the pool. */
  dispose(): void | Promise<void>
}

/** @param make one with one slot, cold */
export function testRenderPool(
  name: string,
  make: () => Promise<RenderPoolRig> | RenderPoolRig,
  { resizes }: { readonly resizes: boolean },
): void {
  describe(name, () => {
    let rig: RenderPoolRig
    let pool: RenderPool
    before(async () => {
      rig = await make()
      pool = rig.pool
    })
    after(async () => {
      await pool.close()
      await rig.dispose()
    })

    test('a recipe becomes an animation, with progress in order and previews on the way', async () => {
      const seen: RenderProgress[] = []
      const { animation, stepMs, notes, closing } = await pool.render(smallRecipe(), {
        onProgress: (progress) => seen.push(progress),
        previewEveryMs: 0,
      })
      assert.deepEqual(seen.map(inWords), [
        'loading 0/0',
        'denoising 1/3 with a preview',
        'denoising 2/3 with a preview',
        'denoising 3/3',
        'decoding 3/3',
        'encoding 3/3',
      ])
      assert.equal(readSettings(seen[1]!.preview!).frames, 2)
      assert.equal(stepMs.length, 3)
      assert.deepEqual(notes, [])
      assert.deepEqual(Object.keys(closing!), ['loop', 'seam'])
      const { bytes, format, width, height, frames } = animation
      assert.deepEqual({ format, width, height, frames }, { format: 'webp', width: 256, height: 256, frames: 2 })
      assert.deepEqual(readSettings(bytes).settings, smallRecipe().request)
    })

    test('an animation that is there already is gone on from, wherever it is rendered', async () => {
      const earlier = { blob: 'ball.webp', frames: 2, as: 'beginning' } as const
      const { animation } = await pool.render({ ...smallRecipe({ frames: 3, earlier }), earlier: join(pocket, 'ball.webp') })
      const drawn = resize(await decode(animation), 64, 64)
      const before = await decodeFrames(join(pocket, 'ball.webp'), { width: 64, height: 64, maxFrames: 1 })
      const first = drawn.data.subarray(0, 64 * 64 * 3)
      const apart = first.reduce((sum, value, i) => sum + Math.abs(value - before.data[i]!), 0) / first.length
      assert.ok(apart < 4, `${apart} of 255`)
    })

    test('no preview comes where none is asked for', async () => {
      const seen: RenderProgress[] = []
      await pool.render(smallRecipe(), { onProgress: (progress) => seen.push(progress) })
      assert.equal(seen.length, 6)
      assert.ok(seen.every(({ preview }) => preview === undefined))
    })

    test('the same seed gives the same bytes', async () => {
      const bytesOf = async (seed: string) => (await pool.render(smallRecipe({ seed }))).animation.bytes
      const [one, same, other] = [await bytesOf('7'), await bytesOf('7'), await bytesOf('8')]
      assert.deepEqual(one, same)
      assert.notDeepEqual(one, other)
    })

    test('several side by side come with each of them alone, as it is drawn where it is asked for by itself', async () => {
      const recipe = smallRecipe({ seed: '7', steps: 2, count: 2 })
      const { animation, cells = [], closing } = await pool.render(recipe)
      assert.equal(cells.length, 2)
      assert.ok(animation.width > 2 * 256 && readSettings(animation.bytes).frames === 2)
      for (const [n, cell] of cells.entries()) {
        const alone = await pool.render({ ...recipe, request: requestOfCell(recipe.request, n) })
        assert.deepEqual(cell.animation, alone.animation)
        assert.deepEqual(cell.closing, alone.closing)
      }
      assert.deepEqual(closing, cells[1]!.closing)
    })

    test('what is refused comes back as the UserError it was, with code, sentence and data', async () => {
      const beyond = drawSettings.frames.max + 1
      const error = await rejection(pool.render(smallRecipe({ frames: beyond })))
      assert.ok(error instanceof UserError, `${error}`)
      assert.equal(error.code, 'frames')
      assert.match(error.message, new RegExp(`\\b${beyond}\\b`))
      assert.ok(Object.values(error.data).includes(beyond), JSON.stringify(error.data))
    })

    test('what breaks comes back as an error that says where', async () => {
      const error = await rejection(pool.render(smallRecipe({ seed: 'no number' })))
      assert.ok(error instanceof Error && !(error instanceof UserError), `${error}`)
      assert.match(error.message, /no number/)
      assert.match(error.stack ?? '', /render\.ts/)
    })

    test('a slot renders one at a time; what is handed in beyond waits, first come, first served', async () => {
      const told: string[] = []
      const render = async (seed: string) => {
        await pool.render(smallRecipe({ seed }), { onProgress: ({ stage }) => told.push(`${seed} ${stage}`) })
        told.push(`${seed} done`)
      }
      await Promise.all(['1', '2', '3'].map(render))
      const order = [...new Set(told.map((line) => line.split(' ')[0]))]
      assert.deepEqual(order, ['1', '2', '3'])
      for (const [n, seed] of order.entries()) {
        const own = told.slice(n * 7, (n + 1) * 7)
        assert.deepEqual(
          own,
          ['loading', 'denoising', 'denoising', 'denoising', 'decoding', 'encoding', 'done'].map((stage) => `${seed} ${stage}`),
        )
      }
    })

    test('who aborts is answered at once with the reason, hears no more of it, and the next is rendered', async () => {
      const abort = new AbortController()
      const reason = new Error('no longer wanted')
      const seen: RenderProgress[] = []
      const long = pool.render(smallRecipe({ frames: 16, steps: 50 }), {
        signal: abort.signal,
        onProgress(progress) {
          seen.push(progress)
          if (progress.step === 2) abort.abort(reason)
        },
      })
      assert.equal(await rejection(long), reason)
      assert.equal((await pool.render(smallRecipe())).animation.frames, 2)
      assert.deepEqual(seen.map(inWords), ['loading 0/0', 'denoising 1/50', 'denoising 2/50'])
    })

    test('what was aborted before its turn is never begun, and its caller does not wait for a turn', async () => {
      const [aborted, abort] = [AbortSignal.abort(new Error('before')), new AbortController()]
      const told: string[] = []
      const first = pool.render(smallRecipe(), {
        onProgress: ({ stage }) => stage === 'loading' && abort.abort(new Error('while it waited')),
      })
      const failures = [aborted, abort.signal].map(async (signal) => {
        const error = await rejection(pool.render(smallRecipe(), { signal, onProgress: () => told.push('begun') }))
        told.push(String(error))
      })
      await Promise.all([first.then(() => told.push('the first is done')), ...failures])
      await pool.render(smallRecipe())
      assert.deepEqual(told, ['Error: before', 'Error: while it waited', 'the first is done'])
    })

    test('a render whose process dies is begun anew, from the beginning', async () => {
      const seen: RenderProgress[] = []
      let killed = false
      const { animation } = await pool.render(smallRecipe(), {
        onProgress(progress) {
          seen.push(progress)
          if (progress.step !== 2 || killed) return
          killed = true
          rig.kill()
        },
      })
      assert.equal(animation.frames, 2)
      const stages = seen.map(inWords)
      assert.deepEqual(stages.slice(stages.lastIndexOf('loading 0/0')), [
        'loading 0/0',
        'denoising 1/3',
        'denoising 2/3',
        'denoising 3/3',
        'decoding 3/3',
        'encoding 3/3',
      ])
      assert.ok(stages.indexOf('loading 0/0') < stages.lastIndexOf('loading 0/0'), stages.join(', '))
    })

    test('a render whose process dies twice is given up with a sentence, and the next is rendered', async () => {
      let deaths = 0
      const twice = pool.render(smallRecipe(), {
        onProgress({ step }) {
          if (step !== 1) return
          deaths++
          rig.kill()
        },
      })
      const error = await rejection(twice)
      assert.ok(error instanceof UserError, `${error}`)
      assert.equal(error.code, 'worker-killed')
      assert.equal(typeof error.data['how'], 'string')
      assert.equal(deaths, 2)
      assert.equal((await pool.render(smallRecipe())).animation.frames, 2)
    })

    test('a render that was aborted is not begun anew where its process dies', async () => {
      const abort = new AbortController()
      const seen: string[] = []
      const aborted = pool.render(smallRecipe({ steps: 50 }), {
        signal: abort.signal,
        onProgress(progress) {
          seen.push(inWords(progress))
          if (progress.step !== 1) return
          abort.abort(new Error('no longer wanted'))
          rig.kill()
        },
      })
      assert.match(String(await rejection(aborted)), /no longer wanted/)
      await pool.render(smallRecipe())
      assert.deepEqual(seen, ['loading 0/0', 'denoising 1/50'])
    })

    test('warming up renders nothing and refuses what rendering would refuse', async () => {
      assert.equal(await pool.warm(smallRecipe()), undefined)
      const nowhere = { ...smallRecipe(), model: { checkpoint: '/nowhere', loras: [] } }
      for (const refused of [pool.warm(nowhere), pool.render(nowhere)]) assert.ok((await rejection(refused)) instanceof UserError)
    })

    test('it says on what it renders', async () => {
      const { name, notes } = await pool.device()
      assert.notEqual(name, '')
      assert.ok(Array.isArray(notes))
    })

    if (resizes)
      test('a capacity that changes is told to who listens, and stops nothing that runs', async () => {
        const told: number[] = []
        const stop = pool.onCapacity(() => told.push(pool.capacity()))
        let resized: Promise<void> | undefined
        const { animation } = await pool.render(smallRecipe(), {
          onProgress({ step }) {
            if (step === 1) resized ??= rig.resize!(0)
          },
        })
        await resized
        assert.equal(animation.frames, 2)
        assert.equal(told.at(-1), 0)
        const waits = pool.render(smallRecipe())
        await rig.resize!(2)
        assert.equal(told.at(-1), 2)
        await waits
        stop()
        const before = told.length
        await rig.resize!(1)
        assert.equal(pool.capacity(), 1)
        assert.equal(told.length, before)
      })
    else
      test('a capacity that never changes is the same before, during and after a render, and nobody is told otherwise', async () => {
        const stop = pool.onCapacity(() => assert.fail('it changed'))
        const seen = [pool.capacity()]
        await pool.render(smallRecipe(), { onProgress: () => seen.push(pool.capacity()) })
        seen.push(pool.capacity())
        stop()
        assert.deepEqual([...new Set(seen)], [1])
      })

    test('closing ends what runs in the middle of a step, and refuses what waits and what comes', async () => {
      const { pool: other, dispose } = await make()
      const begun = Promise.withResolvers<void>()
      const runs = other.render(smallRecipe({ frames: 16, steps: 50 }), { onProgress: ({ step }) => step === 1 && begun.resolve() })
      const refused = [runs, other.render(smallRecipe())].map(rejection)
      await begun.promise
      await other.close()
      refused.push(...[other.render(smallRecipe()), other.warm(smallRecipe()), other.device()].map(rejection))
      for (const error of await Promise.all(refused)) assert.ok(error instanceof PoolClosed, `${error}`)
      await other.close()
      await dispose()
    })
  })
}

function inWords({ stage, step, of, preview }: RenderProgress): string {
  return `${stage} ${step}/${of}${preview ? ' with a preview' : ''}`
}

function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => assert.fail('not rejected'),
    (error: unknown) => error,
  )
}
