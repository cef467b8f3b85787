import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { previewPng, previewWebp } from '../../src/media/preview.ts'
import { ball, part, psnr } from './pictures.ts'

test('a preview of one frame is a PNG of exactly that frame', async () => {
  const frames = part(await ball(), 5, 64, 48)
  const data = await sharp(await previewPng(frames, 4))
    .raw()
    .toBuffer()
  assert.equal(psnr(part(await ball(), 5, 64, 48).data.subarray(4 * 64 * 48 * 3), data), Number.POSITIVE_INFINITY)
})

test('a preview is enlarged when asked', async () => {
  const { width, height } = await sharp(await previewPng(part(await ball(), 1, 16, 8), 0, 4, 'nearest')).metadata()
  assert.deepEqual({ width, height }, { width: 64, height: 32 })
})

test('a preview of all frames loops and is small', async () => {
  const bytes = await previewWebp(part(await ball(), 16, 64, 64), { fps: 10, scale: 2 })
  const { pages, loop, width, pageHeight } = await sharp(bytes, { animated: true }).metadata()
  assert.deepEqual({ pages, loop, width, pageHeight }, { pages: 16, loop: 0, width: 128, pageHeight: 128 })
  assert.ok(bytes.length < 40_000, `${bytes.length} bytes`)
})
