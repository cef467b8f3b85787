// An MP4 encoder, H.264 by ffmpeg. One period exactly, without B-frames: those would need an edit list that shifts the start,
// which players that loop get wrong, and save 5 %.

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Frames } from '../../engine/frames.ts'
import { UserError } from '../../errors.ts'
import { findFfmpeg, runFfmpeg } from '../ffmpeg.ts'
import { type FrameSource, mapFrames, sourceOf } from '../frame-source.ts'
import { padToEven } from '../pixels/resize.ts'
import { settingsText } from '../settings.ts'
import { withComment } from './mp4-comment.ts'
import { readMp4Metadata } from './mp4-metadata.ts'

export interface Mp4Options {
  readonly fps: number
  /** 1 to 100; 85 is x264's CRF 18, 40 its 34. */
  readonly quality: number
  readonly settings?: unknown
  /** Path of a binary; searched for where absent. */
  readonly ffmpeg?: string
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/**
 * Odd sides grow by one pixel. A temporary file, because ffmpeg must go back to put the index first.
 *
 * @throws UserError `ffmpeg-missing`, `ffmpeg-died`, `ffmpeg-hung`, `no-temporary-file`; the signal's reason
 */
export async function encodeMp4(
  given: Frames | FrameSource,
  { fps, quality, settings, ffmpeg, timeoutMs = 60_000, signal }: Mp4Options,
): Promise<Uint8Array> {
  const path = ffmpeg ?? (await findFfmpeg())
  const even = evenSides(sourceOf(given))
  return inTemporaryFolder(async (folder) => {
    const output = join(folder, 'animation.mp4')
    const args = [
      ...['-protocol_whitelist', 'file,pipe', '-f', 'rawvideo', '-pix_fmt', 'rgb24'],
      ...['-video_size', `${even.width}x${even.height}`, '-framerate', `${Math.round(fps * 1000)}/1000`, '-i', 'pipe:0'],
      // Said in the file and done in the conversion: players guess the matrix from the size otherwise, and guess apart.
      ...['-vf', 'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p'],
      ...['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv'],
      ...['-c:v', 'libx264', '-preset', 'medium', '-crf', String(Math.round(18 + (85 - quality) * 0.36)), '-bf', '0'],
      ...['-map_metadata', '-1', '-fflags', '+bitexact', '-movflags', '+faststart', '-f', 'mp4', output],
    ]
    await runFfmpeg(path, { args, input: framesOf(even), timeoutMs, signal })
    const file = await finished(output, even.count)
    return settings === undefined ? file : withComment(file, settingsText(settings))
  })
}

function evenSides(frames: FrameSource): FrameSource {
  const even = (side: number): number => side + (side & 1)
  const [width, height] = [even(frames.width), even(frames.height)]
  return width === frames.width && height === frames.height ? frames : mapFrames(frames, [width, height], padToEven)
}

function* framesOf({ count, frame }: FrameSource): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) yield frame(i)
}

/** Older builds end with code 0 although the disk took only a part. */
async function finished(path: string, frames: number): Promise<Uint8Array> {
  try {
    const file = await readFile(path)
    if (readMp4Metadata(file).frames === frames) return file
  } catch (cause) {
    throw new UserError(
      'ffmpeg-died',
      'ffmpeg ended without a fault, but its file is missing or cut off: the disk of temporary files may be full.',
      {},
      { cause },
    )
  }
  throw new UserError('ffmpeg-died', `ffmpeg ended without a fault, but its file has not the ${frames} frames that it was given.`)
}

async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  let folder: string
  try {
    folder = await mkdtemp(join(tmpdir(), 'zoetrope-'))
  } catch (cause) {
    const why = `the folder for temporary files takes none (${(cause as Error).message})`
    throw new UserError('no-temporary-file', `MP4 needs a temporary file, but ${why}. WebP and GIF need none.`, {}, { cause })
  }
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
