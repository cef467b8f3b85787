import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { encode } from '../../../src/media/animation.ts'
import { psnr } from '../pictures.ts'

/** Frames of 2^bits colours that the palette holds exactly. */
function colourful(bits: number, width: number, height: number, next: () => number) {
  const data = new Uint8Array(width * height * 3)
  for (let p = 0; p < width * height; p++) {
    const colour = Math.floor(next() * (1 << bits))
    data.set([(colour & 7) * 36, ((colour >> 3) & 7) * 36, (colour >> 6) * 84], 3 * p)
  }
  return { count: 1, width, height, data }
}

function lehmer(): () => number {
  let state = 48271
  return () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
}

test('pictures of few colours come back exactly, whatever the code length at their end', async () => {
  const next = lehmer()
  for (let bits = 1; bits <= 7; bits++) {
    // Every number of pixels in a row meets the ends of code lengths and of the table in turn.
    for (const width of [1, 2, 3, 5, 11, 29, 30, 31, 97, 128]) {
      const frames = colourful(bits, width, width, next)
      const { bytes } = await encode(frames, { format: 'gif', fps: 10, quality: 100 })
      const decoded = await sharp(bytes).removeAlpha().raw().toBuffer()
      assert.equal(psnr(frames.data, decoded), Number.POSITIVE_INFINITY, `${bits} bits, ${width}×${width}`)
    }
  }
})

test('a picture that fills the table of 4096 codes several times comes back exactly', async () => {
  const frames = colourful(7, 700, 300, lehmer())
  const { bytes } = await encode(frames, { format: 'gif', fps: 10, quality: 100 })
  assert.equal(psnr(frames.data, await sharp(bytes).removeAlpha().raw().toBuffer()), Number.POSITIVE_INFINITY)
})
