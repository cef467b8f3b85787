import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkSize } from '../../../src/engine/pipeline/check-size.ts'

const v3 = { factor: 8, maxFrames: 32, hasMotion: true }
const v1 = { factor: 8, maxFrames: 24, hasMotion: true }
const still = { factor: 8, maxFrames: 1, hasMotion: false }
const size = { frames: 16, width: 512, height: 512 }

test('what fits passes: 1 to 32 frames, 24 for v1, sides in multiples of 8', () => {
  for (const frames of [1, 16, 32]) checkSize({ ...size, frames }, v3)
  checkSize({ ...size, frames: 24 }, v1)
  checkSize({ ...size, frames: 1 }, still)
  checkSize({ ...size, width: 64, height: 2048 }, v3)
  checkSize({ ...size, width: 520, height: 392 }, v3)
  checkSize({ ...size, width: 32, height: 40 }, { ...v3, factor: 4 })
})

for (const [changes, limits, code, sentence] of [
  [{ frames: 0 }, v3, 'frames', /1 to 32 frames, not 0/],
  [{ frames: 33 }, v3, 'frames', /1 to 32 frames, not 33/],
  [{ frames: 2.5 }, v3, 'frames', /1 to 32 frames, not 2\.5/],
  [{ frames: Number.NaN }, v3, 'frames', /1 to 32 frames, not NaN/],
  [{ frames: 25 }, v1, 'frames', /trained on at most 24 frames, not 25/],
  [{ frames: 2 }, still, 'motion-missing', /only stills can be drawn.*instead of 2/],
  [{ width: 516 }, v3, 'size', /width is a multiple of 8 from 64 to 2048 pixels, not 516/],
  [{ height: 56 }, v3, 'size', /height is a multiple of 8 from 64 to 2048 pixels, not 56/],
  [{ height: 2056 }, v3, 'size', /height is a multiple of 8 from 64 to 2048 pixels, not 2056/],
  [{ width: 512.5 }, v3, 'size', /width .* not 512\.5/],
] as const) {
  test(`${JSON.stringify(changes)} is refused: ${sentence.source}`, () => {
    assert.throws(() => checkSize({ ...size, ...changes }, limits), { name: 'UserError', code, message: sentence })
  })
}
