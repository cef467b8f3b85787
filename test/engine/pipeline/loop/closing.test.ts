// Loops that were to close, and what is done and said where they do not.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultClip } from '../../../../src/engine/draw-settings.ts'
import type { Frames } from '../../../../src/engine/frames.ts'
import { planClip } from '../../../../src/engine/pipeline/clip/plan-clip.ts'
import { closingOf, foldWhereOpen } from '../../../../src/engine/pipeline/loop/closing.ts'

/** A number a frame. */
const circle = Float32Array.from({ length: 8 }, (_, i) => Math.sin((i / 8) * 2 * Math.PI))
const line = Float32Array.from({ length: 8 }, (_, i) => i)
const plan = (loop: 'auto' | 'closed', frames: number) => planClip({ ...defaultClip, loop }, frames, { maxFrames: 32, loopFrames: 16 })

/** Grey pictures, a pixel each. */
const decodeWith =
  (grey: (value: number) => number) =>
  async (latents: Float32Array): Promise<Frames> => ({
    count: latents.length,
    width: 1,
    height: 1,
    data: Uint8Array.from([...latents].flatMap((value) => Array<number>(3).fill(grey(value)))),
  })
const evenly = decodeWith((value) => 20 * value)

test('what closes is shown as it is, what does not is played forth and back, in as many frames and without a doubled end', async () => {
  assert.deepEqual(await foldWhereOpen(circle, 8, () => assert.fail('decoded')), { latents: circle, again: [], folded: false })
  const { latents, again, folded } = await foldWhereOpen(line, 8, evenly)
  assert.deepEqual([[...latents], again, folded], [[0, 1, 2, 3, 4], [3, 2, 1], true])
  const odd = await foldWhereOpen(line.subarray(0, 7), 7, evenly)
  assert.deepEqual(
    [[...odd.latents], odd.again],
    [
      [0, 1, 2, 3],
      [3, 2, 1],
    ],
  )
})

test('where the latents of the ends are further apart than any others, the pictures decide', async () => {
  const nearly = Float32Array.of(0, 1, 2, 3, 2, 1.2)
  const folds = async (grey: (value: number) => number) => (await foldWhereOpen(nearly, 6, decodeWith(grey))).folded
  assert.deepEqual([await folds((value) => 20 * value), await folds((value) => 20 * Math.min(value, 1.7) ** 4)], [false, true])
})

test('a module that was trained on loops of this length draws them in one window that stays, at others it turns', () => {
  const starts = (frames: number) => [0, 1, 2].map((call) => plan('auto', frames).windowsAt(call)[0]!.frames[0])
  assert.deepEqual(
    [starts(16), starts(12)],
    [
      [0, 0, 0],
      [0, 6, 3],
    ],
  )
  assert.equal(plan('auto', 16).keyed.cyclic, true)
  const longer = planClip({ ...defaultClip, loop: 'auto' }, 24, { maxFrames: 32, loopFrames: 24 })
  assert.deepEqual([longer.atOnce, longer.length, longer.windowsAt(1).map(({ frames }) => frames.length)], [24, 24, [24]])
  assert.equal(plan('closed', 16).windowsAt(1)[0]!.frames[0], 8)
})

test('people are told what was done, and what does not close; only where nobody insisted is anything done', () => {
  const codes = (loop: 'auto' | 'closed', folded: boolean, seam: number) =>
    closingOf(plan(loop, 12), folded, seam).notes.map(({ code }) => code)
  assert.deepEqual(
    [codes('auto', false, 1), codes('auto', true, 1), codes('closed', false, 2.4), codes('auto', false, 1.4)],
    [[], ['loop-folded'], ['loop-open'], ['loop-open']],
  )
  assert.deepEqual([plan('auto', 12).mayFold, plan('closed', 12).mayFold], [true, false])
  assert.deepEqual(closingOf(plan('auto', 12), true, 0.9).measured, { closing: { loop: 'ping-pong', seam: 0.9 } })
  assert.deepEqual(closingOf(plan('auto', 1), false, undefined), { notes: [], measured: {} })
})
