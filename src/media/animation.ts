// The animation encoder: frames become a file that loops.

import type { Format } from '../animation-format.ts'
import type { Frames } from '../engine/frames.ts'
import { UserError } from '../errors.ts'
import { findFfmpeg } from './ffmpeg.ts'
import { fit, type Reduced } from './fit.ts'
import { everyNth, type FrameSource, mapFrames, sourceOf } from './frame-source.ts'
import { encodeGif } from './gif/gif.ts'
import { encodeMp4 } from './mp4/mp4.ts'
import { type Kernel, resize } from './pixels/resize.ts'
import { encodeWebp } from './webp/webp.ts'

/** Encoded, ready to post. Sides, frames and rate are those of the file, after any reduction. */
export interface Animation {
  readonly bytes: Uint8Array
  readonly format: Format
  readonly width: number
  readonly height: number
  readonly frames: number
  readonly fps: number
  /** Present where `maxBytes` was met by lowering something. */
  readonly reduced?: Reduced
}

export interface EncodeOptions {
  readonly format: Format
  /** 1 to 50: a GIF's frame lasts two hundredths at least. */
  readonly fps: number
  /** 1 to 100. */
  readonly quality?: number
  /** Multiplies both sides: 2 makes a stamp of 128 pixels visible. */
  readonly scale?: number
  readonly kernel?: Kernel
  readonly maxBytes?: number
  /** JSON that is embedded and that `readSettings` gives back. */
  readonly settings?: unknown
  /** Path of an ffmpeg for MP4; searched for where absent. */
  readonly ffmpeg?: string
  /** For one run of ffmpeg. */
  readonly timeoutMs?: number
  /** Stops an ffmpeg that runs. */
  readonly signal?: AbortSignal
}

export const DEFAULT_QUALITY = 85
export const FPS_RANGE = { min: 1, max: 50 } as const

/** The formats' own limits, in pixels a side. */
const MAX_SIDE: Readonly<Record<Format, number>> = { webp: 16_383, gif: 65_535, mp4: 8192 }

/**
 * Refuses what needs no frames to be refused: they may take minutes to draw.
 *
 * @throws UserError `fps-out-of-range`, `scale-out-of-range`, `animation-too-wide`, and for MP4 `ffmpeg-missing`
 */
export async function checkEncoding(sides: Sides, options: Pick<EncodeOptions, 'format' | 'fps' | 'scale' | 'ffmpeg'>): Promise<void> {
  sidesIn(sides, options)
  if (options.format === 'mp4') await findFfmpeg(options.ffmpeg === undefined ? {} : { bin: options.ffmpeg })
}

/**
 * @throws UserError `fps-out-of-range`, `scale-out-of-range`, `animation-too-wide`, `animation-too-large` (no reduction meets `maxBytes`),
 * and for MP4 what `encodeMp4` throws
 */
export async function encode(given: Frames | FrameSource, options: EncodeOptions): Promise<Animation> {
  const frames = sourceOf(given)
  const { format, fps, quality = DEFAULT_QUALITY, scale: _, kernel = 'lanczos', maxBytes, ...rest } = options
  const whole = { quality, ...sidesIn(frames, options), every: 1 }
  const make = async ({ quality, width, height, every }: typeof whole): Promise<Animation> => {
    // The period stays: the rate falls with the count.
    const fewer = everyNth(frames, every)
    const isSized = width === fewer.width && height === fewer.height
    const sized = isSized ? fewer : mapFrames(fewer, [width, height], (frame) => resize(frame, width, height, kernel))
    const rate = (fps * fewer.count) / frames.count
    const enlarged = width >= 2 * frames.width && height >= 2 * frames.height
    const bytes = await ENCODERS[format](sized, { ...rest, fps: rate, quality, enlarged })
    const even = format === 'mp4' ? 1 : 0
    return { bytes, format, width: width + (width & even), height: height + (height & even), frames: fewer.count, fps: rate }
  }
  return maxBytes === undefined ? make(whole) : fit(make, whole, { maxBytes, frames: frames.count })
}

type Sides = Pick<FrameSource, 'width' | 'height'>

/** Of the file. */
function sidesIn({ width, height }: Sides, { format, fps, scale = 1 }: Pick<EncodeOptions, 'format' | 'fps' | 'scale'>): Sides {
  if (!(fps >= FPS_RANGE.min && fps <= FPS_RANGE.max)) {
    const sentence = `An animation has ${FPS_RANGE.min} to ${FPS_RANGE.max} frames per second, got ${fps}.`
    throw new UserError('fps-out-of-range', sentence, { ...FPS_RANGE, fps })
  }
  if (!(scale > 0)) throw new UserError('scale-out-of-range', `A picture is scaled by a number above 0, got ${scale}.`, { scale })
  const pixels = (side: number) => Math.max(1, Math.round(side * scale))
  const [wide, high] = [pixels(width), pixels(height)]
  if (Math.max(wide, high) > MAX_SIDE[format]) {
    const sentence = `A ${format.toUpperCase()} is at most ${MAX_SIDE[format]} pixels wide and high, this one would be ${wide}×${high}.`
    throw new UserError('animation-too-wide', sentence, { format, width: wide, height: high, max: MAX_SIDE[format] })
  }
  return { width: wide, height: high }
}

interface EncoderOptions {
  readonly fps: number
  readonly quality: number
  readonly enlarged: boolean
  readonly settings?: unknown
  readonly ffmpeg?: string
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

const ENCODERS: Readonly<Record<Format, (frames: FrameSource, options: EncoderOptions) => Promise<Uint8Array>>> = {
  webp: encodeWebp,
  gif: async (frames, options) => encodeGif(frames, options),
  mp4: encodeMp4,
}
