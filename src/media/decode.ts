// Decoding of other people's pictures and videos: RGB frames that cover a size, cut at the centre. Pictures and loops by sharp, films by
// ffmpeg.

import { extname } from 'node:path'
import sharp from 'sharp'
import type { Frames } from '../engine/frames.ts'
import { UserError } from '../errors.ts'
import { findFfmpeg, runFfmpeg } from './ffmpeg.ts'
import { checkSignature } from './picture-signature.ts'
import { coveringSize, cropCentre } from './pixels/crop.ts'
import { resize } from './pixels/resize.ts'

const pictureEndings = new Set(['.png', '.jpg', '.jpeg', '.webp', '.gif', '.avif', '.tif', '.tiff'])
const videoEndings = new Set(['.mp4', '.m4v', '.mov', '.webm', '.mkv', '.avi'])

export const isDecodable = (path: string): boolean => pictureEndings.has(endingOf(path)) || videoEndings.has(endingOf(path))

export interface DecodeOptions {
  readonly width: number
  readonly height: number
  /** From the beginning; what follows is not read. */
  readonly maxFrames: number
  /** Path of an ffmpeg; searched for where absent. */
  readonly ffmpeg?: string
}

/** @throws UserError `not-decodable` naming the file, and those of ffmpeg */
export async function decodeFrames(path: string, options: DecodeOptions): Promise<Frames> {
  return pictureEndings.has(endingOf(path)) ? decodePages(path, options) : decodeVideo(path, options)
}

async function decodePages(path: string, { width, height, maxFrames }: DecodeOptions): Promise<Frames> {
  try {
    checkSignature(path)
    const { pages = 1 } = await sharp(path).metadata()
    // A page at a time: turned and made smaller together they would run into each other.
    const decoded: Frames[] = []
    for (let page = 0; page < Math.min(pages, maxFrames); page++) {
      const picture = sharp(path, { page }).rotate().flatten({ background: '#fff' }).toColourspace('srgb').removeAlpha()
      picture.resize({ width: nearSize * width, height: nearSize * height, fit: 'outside', withoutEnlargement: true })
      picture.timeout({ seconds: pictureTimeoutS })
      const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true })
      decoded.push(covered({ count: 1, width: info.width, height: info.height, data: rgb(data, info.channels) }, width, height))
    }
    return joinFrames(decoded)
  } catch (cause) {
    throw notDecodable(path, cause)
  }
}

const pictureTimeoutS = 60

/** Far larger ones are made this many times as large as wanted by libvips first, in threads of its own; what is nearer is ours alone. */
const nearSize = 8

/** What is longer is cut before it is enlarged: a line of pixels that covers a square would take gigabytes. */
const longestShape = 8

/** A grey picture has one channel. */
const rgb = (data: Uint8Array, channels: number): Uint8Array =>
  channels === 3 ? data : Uint8Array.from({ length: data.length * 3 }, (_, i) => data[Math.floor(i / 3)]!)

function covered(frames: Frames, width: number, height: number): Frames {
  const { width: w, height: h } = frames
  const near = cropCentre(frames, Math.min(w, longestShape * h), Math.min(h, longestShape * w))
  const size = coveringSize(near, { width, height })
  return cropCentre(resize(near, size.width, size.height), width, height)
}

/** Demuxers, so that no list of other files hides behind an ending; ffmpeg -demuxers has their names. */
const demuxers = 'mov,mp4,matroska,webm,avi'

const decodeTimeoutMs = 600_000

async function decodeVideo(path: string, { width: W, height: H, maxFrames, ffmpeg }: DecodeOptions): Promise<Frames> {
  const args = [
    ...['-protocol_whitelist', 'file,pipe', '-format_whitelist', demuxers, '-i', `file:${path}`],
    ...['-an', '-sn', '-frames:v', String(maxFrames), '-vsync', 'passthrough'],
    ...[
      '-vf',
      `crop=w='min(iw,${longestShape}*ih)':h='min(ih,${longestShape}*iw)':exact=1,scale=w='max(${W},trunc(${H}*iw/ih))':h='max(${H},trunc(${W}*ih/iw))':flags=lanczos`,
    ],
    ...['-f', 'image2pipe', '-c:v', 'ppm', 'pipe:1'],
  ]
  const output = await runFfmpeg(ffmpeg ?? (await findFfmpeg()), { args, input: new Uint8Array(), timeoutMs: decodeTimeoutMs }).catch(
    (cause: unknown) => {
      throw cause instanceof UserError && cause.code === 'ffmpeg-died' ? notDecodable(path, cause) : cause
    },
  )
  const frames = picturesIn(output)
  if (frames.count === 0) throw notDecodable(path, new Error('it holds no picture'))
  return cropCentre(frames, W, H)
}

/** Portable pixmaps end to end, all of one size: `P6\n64 48\n255\n` and bytes. */
function picturesIn(stream: Uint8Array): Frames {
  const header = /^P6\n(\d+) (\d+)\n255\n/.exec(
    Buffer.from(stream.buffer, stream.byteOffset, Math.min(64, stream.length)).toString('latin1'),
  )
  if (!header) return { count: 0, width: 0, height: 0, data: new Uint8Array() }
  const [width, height] = [Number(header[1]), Number(header[2])]
  const pixels = width * height * 3
  const each = header[0].length + pixels
  const count = Math.floor(stream.length / each)
  const data = new Uint8Array(count * pixels)
  for (let i = 0; i < count; i++) data.set(stream.subarray((i + 1) * each - pixels, (i + 1) * each), i * pixels)
  return { count, width, height, data }
}

/** Pictures of one size, one behind the other. */
export function joinFrames(frames: readonly Frames[]): Frames {
  const { width, height } = frames[0]!
  const size = width * height * 3
  const data = new Uint8Array(frames.length * size)
  for (const [i, one] of frames.entries()) data.set(one.data, i * size)
  return { count: frames.length, width, height, data }
}

function notDecodable(path: string, cause: unknown): UserError {
  const why = cause instanceof Error ? cause.message.split('\n')[0]!.trim() : String(cause)
  return new UserError('not-decodable', `${path} cannot be read as a picture or a video: ${why}`, { path }, { cause })
}

const endingOf = (path: string): string => extname(path).toLowerCase()
