import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkSize } from '../../../src/engine/pipeline/check-size.ts'

const moving = { factor: 8, hasMotion: true }
const still = { factor: 8, hasMotion: false }
const size = { frames: 16, width: 512, height: 512 }

test('what fits passes: 1 to 128 frames, sides in multiples of 8', () => {
  for (const frames of [1, 16, 128]) checkSize({ ...size, frames }, moving)
  checkSize({ ...size, frames: 1 }, still)
  checkSize({ ...size, width: 64, height: 2048 }, moving)
  checkSize({ ...size, width: 520, height: 392 }, moving)
  checkSize({ ...size, width: 32, height: 40 }, { ...moving, factor: 4 })
})

for (const [changes, limits, code, sentence] of [
  [{ frames: 0 }, moving, 'frames', /1 to 128 frames, not 0/],
  [{ frames: 129 }, moving, 'frames', /1 to 128 frames, not 129/],
  [{ frames: 2.5 }, moving, 'frames', /1 to 128 frames, not 2\.5/],
  [{ frames: Number.NaN }, moving, 'frames', /1 to 128 frames, not NaN/],
  [{ frames: 2 }, still, 'motion-missing', /only stills can be drawn.*instead of 2/],
  [{ width: 516 }, moving, 'size', /width is a multiple of 8 from 64 to 2048 pixels, not 516/],
  [{ height: 56 }, moving, 'size', /height is a multiple of 8 from 64 to 2048 pixels, not 56/],
  [{ height: 2056 }, moving, 'size', /height is a multiple of 8 from 64 to 2048 pixels, not 2056/],
  [{ width: 512.5 }, moving, 'size', /width .* not 512\.5/],
] as const) {
  test(`${JSON.stringify(changes)} is refused: ${sentence.source}`, () => {
    assert.throws(() => checkSize({ ...size, ...changes }, limits), { name: 'UserError', code, message: sentence })
  })
}
