// Measures of clips against what other programs say of the same ones, and against what they must say.

import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Frames } from '../../../src/engine/frames.ts'
import { openClip } from '../../../src/engine/measures/clip-model.ts'
import { clipLoopGap, motionSmoothness, unitRows } from '../../../src/engine/measures/clip-scores.ts'
import { frechetDistance } from '../../../src/engine/measures/frechet-distance.ts'
import { pillowBicubic } from '../../../src/engine/measures/pillow-resize.ts'
import { pixelMotionOf } from '../../../src/engine/measures/pixel-motion.ts'
import { verify } from '../../../src/engine/verify/verify.ts'
import { cpuSession, fixtures, someNumbers } from '../cpu-session.ts'

const reference = join(fixtures, 'metrics')

test('towers, LPIPS, the Fréchet distance and every figure are those of other programs', async () => {
  const rows = await Array.fromAsync(verify(reference, cpuSession))
  assert.deepEqual(
    rows.filter(({ ok }) => !ok),
    [],
  )
  const names = rows.map(({ tensor }) => tensor)
  for (const name of ['text_embeds', 'loop.pixel_values', 'loop.clip_text', 'loop.loop_gap_lpips', 'frechet.a_c'])
    assert.ok(names.includes(name), name)
  assert.ok(rows.length > 25)
})

test('a wrong figure shows, and one that is not known is named', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'zoetrope-metrics-'))
  after(() => rmSync(dir, { recursive: true }))
  cpSync(reference, dir, { recursive: true })
  const table = JSON.parse(readFileSync(join(reference, 'metrics.json'), 'utf8')) as { clips: { loop: Record<string, number> } }
  const changed = (change: Record<string, number>): void =>
    writeFileSync(join(dir, 'metrics.json'), JSON.stringify({ ...table, clips: { loop: { ...table.clips.loop, ...change } } }))
  changed({ clip_smooth: table.clips.loop['clip_smooth']! * 1.001 })
  const wrong = (await Array.fromAsync(verify(dir, cpuSession))).filter(({ ok }) => !ok)
  assert.deepEqual(
    wrong.map(({ tensor }) => tensor),
    ['loop.clip_smooth'],
  )
  changed({ beauty: 1 })
  await assert.rejects(Array.fromAsync(verify(dir, cpuSession)), {
    code: 'verify-answer',
    message: /figure beauty of loop, which is not known/,
  })
})

test('a folder without a CLIP is refused by name', () => {
  assert.throws(() => openClip(fixtures), { code: 'clip-missing', message: /holds no CLIP: expected model\.safetensors and config\.json/ })
})

test('sets are as far apart as their means and deviations say', () => {
  // In one dimension the distance is (μ_a − μ_b)² + (σ_a − σ_b)².
  const row = (...values: number[]) => values.map((value) => Float64Array.of(value))
  assert.ok(Math.abs(frechetDistance(row(-1, 1, -1, 1), row(2, 6, 2, 6)) - (16 + (2 - 1) ** 2 * (4 / 3))) < 1e-12)
  const numbers = someNumbers(60)
  const set = Array.from({ length: 15 }, (_, n) => Float64Array.from(numbers.subarray(4 * n, 4 * n + 4)))
  assert.ok(Math.abs(frechetDistance(set, set)) < 1e-10)
})

const clip = (frames: readonly (readonly number[])[]): Frames => ({
  ...{ count: frames.length, width: frames[0]!.length, height: 1 },
  data: Uint8Array.from(frames.flatMap((frame) => frame.flatMap((value) => [value, value, value]))),
})

test('an even motion has no jitter and no second difference, and a cut shows as a gap', () => {
  const even = pixelMotionOf(clip([[0], [10], [20], [30], [40]]))
  assert.deepEqual([even.jitter, even.secondDifference, even.loopGap], [0, 0, 4])
  assert.ok(Math.abs(even.motion - 10 / 255) < 1e-12)
  const shaken = pixelMotionOf(clip([[0], [10], [0], [10], [0]]))
  assert.deepEqual([shaken.jitter, shaken.secondDifference, shaken.loopGap], [0, 2, 0])
})

test('embeddings are compared by direction alone', () => {
  const turning = unitRows([1, 0, 0, 5, -2, 0, 0, -0.1], 2)
  assert.ok(Math.abs(motionSmoothness(turning)) < 1e-12)
  assert.ok(Math.abs(clipLoopGap(turning) - 1) < 1e-12, 'a closed turn')
})

test('making small keeps what is of one colour, whatever the sizes', () => {
  for (const [width, height, to] of [
    [56, 40, 32],
    [13, 7, 32],
    [200, 9, 5],
  ] as const) {
    const { data } = pillowBicubic(
      { count: 1, width, height, data: new Uint8Array(width * height * 3).fill(137) },
      { width: to, height: to },
    )
    assert.ok(data.every((value) => value === 137))
  }
})
