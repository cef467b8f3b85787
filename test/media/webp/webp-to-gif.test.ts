import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frameAt } from '../../../src/engine/frames.ts'
import { encode } from '../../../src/media/animation.ts'
import { readSettings } from '../../../src/media/inspect.ts'
import { webpToGif } from '../../../src/media/webp/webp-to-gif.ts'
import { decode } from '../decode.ts'
import { ball, psnr } from '../pictures.ts'

test('an animated WebP becomes a GIF of the same pictures at the same rate, that loops', async () => {
  const { bytes, ...size } = await encode(await ball(), { format: 'webp', fps: 8 })
  const gif = await webpToGif(bytes)
  const [before, after] = [await decode({ bytes, ...size }), await decode({ ...size, bytes: gif, format: 'gif' })]
  assert.equal(after.count, before.count)
  assert.ok(after.loopsForEver)
  assert.equal(readSettings(gif).durationMs, readSettings(bytes).durationMs)
  assert.ok(psnr(before.data, after.data) > 35, `${psnr(before.data, after.data)} dB`)
})

test('a still becomes a GIF of one frame', async () => {
  const still = frameAt(await ball(), 0)
  const { width, height } = await ball()
  const { bytes } = await encode({ count: 1, width, height, data: still }, { format: 'webp', fps: 8 })
  assert.equal(readSettings(await webpToGif(bytes)).frames, 1)
})

test('what is no whole WebP is refused', async () => {
  const { bytes } = await encode(await ball(), { format: 'webp', fps: 8 })
  await assert.rejects(webpToGif(bytes.subarray(0, 1000)), { code: 'animation-damaged' })
})
