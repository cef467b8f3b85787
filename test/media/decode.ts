// Animations as others see them: libvips for WebP and GIF, ffmpeg for MP4. Nothing here comes from src/media but the way to run ffmpeg.

import sharp from 'sharp'
import type { Frames } from '../../src/engine/frames.ts'
import type { Animation } from '../../src/media/animation.ts'
import { findFfmpeg, runFfmpeg } from '../../src/media/ffmpeg.ts'

export interface Decoded extends Frames {
  /** Milliseconds, frame by frame; a still picture has none. */
  readonly delays: readonly number[]
  /** Absent for MP4, which has no flag for it: players are told to. */
  readonly loopsForEver?: boolean
}

export function decode(animation: Pick<Animation, 'bytes' | 'format' | 'width' | 'height'>): Promise<Decoded> {
  return animation.format === 'mp4' ? decodeMp4(animation) : decodeImage(animation.bytes)
}

async function decodeImage(bytes: Uint8Array): Promise<Decoded> {
  const image = sharp(bytes, { animated: true })
  const { delay, loop } = await image.metadata()
  const { data, info } = await image.removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const count = info.pages ?? 1
  return { count, width: info.width, height: info.height / count, data, delays: delay ?? [], loopsForEver: loop === 0 }
}

/** Read from a pipe, which succeeds only where the index comes first. */
async function decodeMp4({ bytes, width, height }: Pick<Animation, 'bytes' | 'width' | 'height'>): Promise<Decoded> {
  // ffmpeg's quick conversion to RGB is 4 dB off by rounding alone.
  const exact = ['-sws_flags', 'accurate_rnd+full_chroma_int+bicubic']
  const data = await ffmpeg(bytes, '-i', 'pipe:0', ...exact, '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1')
  const table = Buffer.from(await ffmpeg(bytes, '-i', 'pipe:0', '-c', 'copy', '-f', 'framecrc', 'pipe:1')).toString()
  const [, top, bottom] = /#tb 0: (\d+)\/(\d+)/.exec(table) ?? []
  const rows = table.split('\n').filter((line) => /^0,/.test(line))
  const delays = rows.map((line) => (Number(line.split(',')[3]) * Number(top) * 1000) / Number(bottom))
  return { count: data.length / (width * height * 3), width, height, data, delays }
}

export async function ffmpeg(input: Uint8Array, ...args: string[]): Promise<Uint8Array> {
  return runFfmpeg(await findFfmpeg(), { args, input, timeoutMs: 20_000 })
}
