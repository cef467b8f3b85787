import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import sharp from 'sharp'
import { encode } from '../../src/media/animation.ts'
import { readSettings } from '../../src/media/inspect.ts'
import { decode, ffmpeg } from './decode.ts'
import { ball, part } from './pictures.ts'

test("other programs' WebP and GIF are read as animations without settings", async () => {
  const { data } = part(await ball(), 3, 64, 48)
  const raw = { width: 64, height: 3 * 48, channels: 3, pageHeight: 48 } as const
  const webp = await sharp(data, { raw })
    .webp({ delay: [50, 60, 70] })
    .toBuffer()
  assert.deepEqual(readSettings(webp), { format: 'webp', width: 64, height: 48, frames: 3, durationMs: 180 })
  const gif = await sharp(data, { raw })
    .gif({ delay: [50, 60, 70] })
    .toBuffer()
  assert.deepEqual(readSettings(gif), { format: 'gif', width: 64, height: 48, frames: 3, durationMs: 180 })
})

test('still WebP without an extended header is read, lossy and lossless', async () => {
  const picture = sharp({ create: { width: 65, height: 300, channels: 3, background: 'teal' } })
  for (const lossless of [false, true]) {
    const bytes = await picture.clone().webp({ lossless }).toBuffer()
    assert.deepEqual(readSettings(bytes), { format: 'webp', width: 65, height: 300, frames: 1, durationMs: 0 })
  }
})

test("another program's comment is not taken for settings, but ours is found behind it", async () => {
  const { bytes } = await encode(part(await ball(), 2, 16, 16), { format: 'gif', fps: 10, settings: { seed: '7' } })
  const another = Buffer.from('\x21\xfe\x0cmade by hand\x00', 'latin1')
  const start = 13 + (3 << ((bytes[10]! & 7) + 1))
  const both = Buffer.concat([bytes.subarray(0, start), another, bytes.subarray(start)])
  assert.deepEqual(readSettings(both).settings, { seed: '7' })
})

test('libvips and ffmpeg find our text where they look for it', async () => {
  const frames = part(await ball(), 2, 16, 16)
  const webp = await encode(frames, { format: 'webp', fps: 10, settings: { prompt: 'a red ball' } })
  assert.match((await sharp(webp.bytes).metadata()).xmp!.toString(), /a red ball/)
  const mp4 = await encode(frames, { format: 'mp4', fps: 10, settings: { prompt: 'a red ball 🎈' } })
  const metadata = Buffer.from(await ffmpeg(mp4.bytes, '-i', 'pipe:0', '-f', 'ffmetadata', 'pipe:1')).toString()
  assert.match(metadata, /^comment=\{"zoetrope":\{"prompt":"a red ball 🎈"\}\}$/m)
})

test('any JSON comes back the same from any format', async () => {
  const frames = { count: 1, width: 2, height: 2, data: new Uint8Array(12) }
  const text = fc.string({ unit: 'binary' })
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('webp' as const, 'gif' as const),
      fc.dictionary(text, fc.oneof(text, fc.jsonValue())),
      async (format, value) => {
        const settings: unknown = JSON.parse(JSON.stringify(value))
        const { bytes } = await encode(frames, { format, fps: 10, settings })
        assert.deepEqual(readSettings(bytes).settings, settings)
      },
    ),
    { numRuns: 200, seed: 2 },
  )
})

test('what is no animation is said to be none', () => {
  for (const text of ['', 'R', 'GIF', '\x89PNG\r\n\x1a\n', 'RIFF....WAVEfmt ', '{"prompt":1}']) {
    assert.throws(() => readSettings(Buffer.from(text, 'latin1')), { name: 'UserError', code: 'not-an-animation' })
  }
})

test('lengths that leave the file are named with their place', async () => {
  const frames = part(await ball(), 2, 16, 16)
  const webp = Buffer.from((await encode(frames, { format: 'webp', fps: 10 })).bytes)
  webp.writeUInt32LE(0xffffffff, 16)
  assert.throws(() => readSettings(webp), {
    code: 'animation-damaged',
    message: /a chunk claims 4294967295 bytes where \d+ are left, at byte 12/,
  })
  const mp4 = Buffer.from((await encode(frames, { format: 'mp4', fps: 10 })).bytes)
  const moov = mp4.indexOf('moov') - 4
  for (const length of [2, 7, 0x7fffffff]) {
    mp4.writeUInt32BE(length, moov)
    assert.throws(() => readSettings(mp4), { code: 'animation-damaged', message: new RegExp(`claims ${length} bytes .* at byte ${moov}`) })
  }
})

test('settings that were cut by another program are said to be damaged', async () => {
  const { bytes } = await encode(part(await ball(), 2, 16, 16), { format: 'gif', fps: 10, settings: { prompt: 'a red ball' } })
  const broken = Buffer.from(bytes)
  broken[broken.indexOf('"prompt"') + 8] = 0x3b
  assert.throws(() => readSettings(broken), { name: 'UserError', code: 'settings-damaged' })
})

test('ten thousand nested boxes or a packet without end are no trap', async () => {
  const nested = Buffer.alloc(80_000)
  for (let i = 0; i < nested.length; i += 8) {
    nested.writeUInt32BE(nested.length - i, i)
    nested.write(i === 0 ? 'ftyp' : 'moov', i + 4, 'latin1')
  }
  assert.throws(() => readSettings(nested), { code: 'animation-damaged' })
  const { bytes } = await encode(part(await ball(), 1, 16, 16), { format: 'webp', fps: 10, settings: 'x' })
  const open = Buffer.from(bytes)
  open.write('</rdf:xx>', open.indexOf('</rdf:li>'), 'latin1')
  assert.equal(readSettings(open).settings, undefined)
})

test('an MP4 begins with its index and starts at time zero', async () => {
  const animation = await encode(await ball(), { format: 'mp4', fps: 12, settings: {} })
  const bytes = Buffer.from(animation.bytes)
  assert.ok(bytes.indexOf('moov') < bytes.indexOf('mdat'))
  assert.equal((await decode(animation)).count, 16)
  const table = Buffer.from(await ffmpeg(bytes, '-i', 'pipe:0', '-c', 'copy', '-f', 'framecrc', 'pipe:1')).toString()
  assert.match(table, /^0, +0, +0,/m)
})
