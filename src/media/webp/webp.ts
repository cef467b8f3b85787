// An animated WebP encoder. Frames are encoded on their own, two at a time on two cores, and put together here: libwebp's own
// animation encoder takes twice as long, is 2 dB worse on moving pictures of the same size and drops repeated frames.
// Format: RFC 9649.

import sharp, { type WebpOptions as WebpSettings } from 'sharp'
import type { Frames } from '../../engine/frames.ts'
import { delays } from '../delays.ts'
import { type FrameSource, sourceOf } from '../frame-source.ts'
import { settingsText } from '../settings.ts'
import { riffChunk, riffChunks, uint24 } from './riff.ts'
import { xmp } from './xmp.ts'

export interface WebpOptions {
  readonly fps: number
  /** 1 to 100, libwebp's own scale. */
  readonly quality: number
  readonly settings?: unknown
  /** 0 is fast, 6 is small. */
  readonly effort?: number
  /** Every pixel was made at least two wide and high: halving the resolution of colours then loses nothing that care could save. */
  readonly enlarged?: boolean
}

const ANIMATED = 0x02
const HAS_XMP = 0x04
/** Enough for all cores to have some to do. */
const picturesAtOnce = 16
/** In a frame: draw over, do not blend, do not clear afterwards. */
const OPAQUE = 0x02

/** Loops for ever. A single frame becomes a still picture. */
export async function encodeWebp(
  given: Frames | FrameSource,
  { fps, quality, settings, effort = 4, enlarged = false }: WebpOptions,
): Promise<Uint8Array> {
  const frames = sourceOf(given)
  const { count, width, height } = frames
  const pictures: Uint8Array[] = []
  for (let from = 0; from < count; from += picturesAtOnce) {
    const places = Array.from({ length: Math.min(picturesAtOnce, count - from) }, (_, n) => from + n)
    pictures.push(...(await Promise.all(places.map((i) => encodePicture(frames, i, { quality, effort, smartSubsample: !enlarged })))))
  }
  const size = Buffer.concat([uint24(width - 1), uint24(height - 1)])
  const delay = delays(count, fps, 1000)
  const flags = (count > 1 ? ANIMATED : 0) | (settings === undefined ? 0 : HAS_XMP)
  const parts = [riffChunk('VP8X', Uint8Array.of(flags, 0, 0, 0), size)]
  if (count > 1) {
    parts.push(riffChunk('ANIM', new Uint8Array(6))) // background: transparent; loop count: 0, for ever
    pictures.forEach((picture, i) => {
      parts.push(riffChunk('ANMF', new Uint8Array(6), size, uint24(delay[i]!), Uint8Array.of(OPAQUE), picture))
    })
  } else {
    parts.push(...pictures)
  }
  if (settings !== undefined) parts.push(riffChunk('XMP ', Buffer.from(xmp(settingsText(settings)))))
  return riffChunk('RIFF', Buffer.from('WEBP'), ...parts)
}

/** The VP8 chunk of frame `i`. */
async function encodePicture(frames: FrameSource, i: number, options: WebpSettings): Promise<Uint8Array> {
  const raw = { width: frames.width, height: frames.height, channels: 3 } as const
  const file = await sharp(frames.frame(i), { raw }).webp(options).toBuffer()
  for (const { name, data } of riffChunks(file, 12, file.length)) if (name === 'VP8 ') return riffChunk(name, data)
  throw new Error('libwebp wrote no VP8 chunk for an opaque picture')
}
