// Decoding for training: what our own encoders and sharp wrote, read back.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import sharp from 'sharp'
import { type Frames, frameAt } from '../../src/engine/frames.ts'
import { encode } from '../../src/media/animation.ts'
import { decodeFrames, isDecodable } from '../../src/media/decode.ts'
import { encodeMp4 } from '../../src/media/mp4/mp4.ts'

const folder = mkdtempSync(join(tmpdir(), 'zoetrope-decode-'))
after(() => rmSync(folder, { recursive: true }))

/** Six frames, wider than high: a bright bar from top to bottom moves across a dark ground. */
const bar: Frames = {
  ...{ count: 6, width: 96, height: 48 },
  data: Uint8Array.from({ length: 6 * 96 * 48 * 3 }, (_, i) => {
    const [frame, x] = [Math.floor(i / (96 * 48 * 3)), Math.floor(i / 3) % 96]
    return Math.abs(x - (20 + 10 * frame)) < 4 ? 230 : 20
  }),
}
const square = { width: 32, height: 32, maxFrames: 100 }

/** The middle of what is bright in a frame. */
function barIn(frames: Frames, i: number): number {
  const row = frameAt(frames, i).subarray(0, frames.width * 3)
  const bright = Array.from({ length: frames.width }, (_, x) => x).filter((x) => row[3 * x]! > 125)
  return bright.reduce((sum, x) => sum + x, 0) / bright.length
}

/** 96×48 at 32 high is 64 wide, of which columns 16 to 47 are seen. */
const expectedBar = (frame: number): number => Math.round(((20 + 10 * frame) * 2) / 3 - 16)

for (const format of ['mp4', 'webp', 'gif'] as const) {
  test(`frames of ${format} are read in order, made to cover and cut at the centre`, async () => {
    const path = join(folder, `bar.${format}`)
    const bytes =
      format === 'mp4'
        ? await encodeMp4(bar, { fps: 8, quality: 95 })
        : (await encode(bar, { format, fps: 8, scale: 1, settings: {} })).bytes
    writeFileSync(path, bytes)
    const frames = await decodeFrames(path, square)
    assert.deepEqual([frames.count, frames.width, frames.height, frames.data.length], [6, 32, 32, 6 * 32 * 32 * 3])
    for (const frame of [1, 2, 3])
      assert.ok(Math.abs(barIn(frames, frame) - expectedBar(frame)) <= 1, `frame ${frame}: ${barIn(frames, frame)}`)
    assert.equal((await decodeFrames(path, { ...square, maxFrames: 4 })).count, 4)
  })
}

test('a picture is one frame: upright as its camera was held, without what shines through, grey or not', async () => {
  const grey = join(folder, 'grey.png')
  await sharp({ create: { width: 40, height: 40, channels: 3, background: '#777' } })
    .toColourspace('b-w')
    .png()
    .toFile(grey)
  assert.deepEqual([...(await decodeFrames(grey, square)).data.subarray(0, 3)], [0x77, 0x77, 0x77])
  const clear = join(folder, 'clear.png')
  await sharp({ create: { width: 40, height: 40, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
    .png()
    .toFile(clear)
  assert.deepEqual([...(await decodeFrames(clear, square)).data.subarray(0, 3)], [255, 255, 255])
  const turned = join(folder, 'turned.jpg')
  const half = await sharp({ create: { width: 32, height: 16, channels: 3, background: '#fff' } })
    .png()
    .toBuffer()
  const upright = sharp({ create: { width: 32, height: 32, channels: 3, background: '#000' } }).composite([
    { input: half, top: 0, left: 0 },
  ])
  await upright.withMetadata({ orientation: 3 }).jpeg().toFile(turned)
  const { data } = await decodeFrames(turned, square)
  assert.ok(data[0]! < 30 && data.at(-1)! > 225, 'upside down')
})

test('a line of pixels is cut before it is enlarged, and what is far too large made smaller before it is read', async () => {
  const line = join(folder, 'line.png')
  const colour = { r: 40, g: 90, b: 160 }
  await sharp({ create: { width: 300_000, height: 1, channels: 3, background: colour } })
    .png()
    .toFile(line)
  const before = process.resourceUsage().maxRSS
  const { width, height, data } = await decodeFrames(line, square)
  assert.deepEqual([width, height, ...data.subarray(0, 3)], [32, 32, 40, 90, 160])
  const large = join(folder, 'large.png')
  await sharp({ create: { width: 12_000, height: 9000, channels: 3, background: colour } })
    .png()
    .toFile(large)
  assert.deepEqual([...(await decodeFrames(large, square)).data.subarray(0, 3)], [40, 90, 160])
  const kilobytes = process.resourceUsage().maxRSS - before
  assert.ok(kilobytes < 200_000, `${kilobytes} kB more`)
})

test('a drawing by program is no picture, whatever it is called', async () => {
  const path = join(folder, 'drawing.png')
  writeFileSync(path, '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="40" height="40" fill="red"/></svg>')
  await assert.rejects(decodeFrames(path, square), {
    code: 'not-decodable',
    message: /it is no PNG, JPEG, WebP or GIF, whatever it is called/,
  })
})

test('a file that is no picture, and a list of other files, are refused by name', async () => {
  const broken = join(folder, 'broken.png')
  writeFileSync(broken, 'not a picture')
  await assert.rejects(decodeFrames(broken, square), {
    code: 'not-decodable',
    message: /broken\.png cannot be read as a picture or a video/,
  })
  const list = join(folder, 'list.mp4')
  writeFileSync(list, `ffconcat version 1.0\nfile '${join(folder, 'bar.mp4')}'\n`)
  await assert.rejects(decodeFrames(list, square), { code: 'not-decodable' })
  assert.deepEqual(['a.PNG', 'a.mkv', 'a.txt', 'a.m3u8'].map(isDecodable), [true, true, false, false])
})
