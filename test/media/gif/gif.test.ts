import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { encodeGif } from '../../../src/media/gif/gif.ts'
import { decode, ffmpeg } from '../decode.ts'
import { ball, part, psnr } from '../pictures.ts'

test('our GIF is nearer to the pictures than that of ffmpeg, in fewer bytes', async () => {
  const frames = await ball()
  const ours = encodeGif(frames, { fps: 10, quality: 85 })
  const input = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-video_size', '256x256', '-framerate', '10', '-i', 'pipe:0']
  const graph = 'split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=floyd_steinberg'
  const theirs = await ffmpeg(frames.data, ...input, '-filter_complex', graph, '-f', 'gif', 'pipe:1')
  const noise = async (bytes: Uint8Array) => psnr(frames.data, (await decode({ bytes, format: 'gif', width: 256, height: 256 })).data)
  assert.ok(ours.length < theirs.length, `${ours.length} bytes, ffmpeg ${theirs.length}`)
  assert.ok((await noise(ours)) > (await noise(theirs)) + 1)
})

test('a GIF has one palette, and no frame brings its own', async () => {
  const bytes = encodeGif(await ball(), { fps: 10, quality: 85 })
  assert.equal(bytes[10]! & 0x80, 0x80, 'a global colour table')
  const colours = new Set<number>()
  const { data } = await sharp(bytes, { animated: true }).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  for (let i = 0; i < data.length; i += 3) colours.add(data.readUIntBE(i, 3))
  assert.ok(colours.size <= 255, `${colours.size}`)
})

test('less quality is fewer bytes, down to the lowest', async () => {
  const frames = part(await ball(), 4, 96, 96)
  const sizes = [100, 85, 70, 55, 40, 20, 1].map((quality) => encodeGif(frames, { fps: 10, quality }).length)
  assert.deepEqual(
    sizes,
    sizes.toSorted((a, b) => b - a),
  )
})
