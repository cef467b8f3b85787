// An animation decoder: a file of ours as frames again, for what is drawn on from it.

import sharp from 'sharp'
import { type Frames, frameAt } from '../engine/frames.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { findFfmpeg, runFfmpeg } from './ffmpeg.ts'
import { readSettings } from './inspect.ts'
import { resize } from './resize.ts'

export interface DecodeOptions {
  /** Of the frames that are wanted: the file may have been enlarged, or made smaller to fit a limit. */
  readonly width: number
  readonly height: number
  /** As many as are wanted: where the file was left fewer to fit a limit, each stands for several. */
  readonly frames: number
  readonly ffmpeg?: string
}

/** @throws UserError of `readSettings` and, for MP4, of ffmpeg */
export async function decodeAnimation(bytes: Uint8Array, { width, height, frames, ffmpeg }: DecodeOptions): Promise<Frames> {
  const decoded = readSettings(bytes).format === 'mp4' ? await decodeMp4(bytes, omitUndefined({ bin: ffmpeg })) : await decodeImage(bytes)
  return resize(spread(decoded, frames), width, height)
}

async function decodeImage(bytes: Uint8Array): Promise<Frames> {
  const { data, info } = await sharp(bytes, { animated: true }).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const count = info.pages ?? 1
  return { count, width: info.width, height: info.height / count, data }
}

/** Our files have their index first, so that they are read from a pipe. */
async function decodeMp4(bytes: Uint8Array, search: { bin?: string }): Promise<Frames> {
  const { width, height } = readSettings(bytes)
  // The quick conversion to RGB is off by rounding alone.
  const exact = ['-sws_flags', 'accurate_rnd+full_chroma_int+bicubic']
  const args = ['-protocol_whitelist', 'pipe', '-i', 'pipe:0', ...exact, '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1']
  const data = await runFfmpeg(await findFfmpeg(search), { args, input: bytes, timeoutMs: 60_000 })
  return { count: data.length / (width * height * 3), width, height, data }
}

function spread(frames: Frames, count: number): Frames {
  if (count === frames.count) return frames
  const each = frames.width * frames.height * 3
  const data = new Uint8Array(count * each)
  for (let i = 0; i < count; i++) data.set(frameAt(frames, Math.floor((i * frames.count) / count)), i * each)
  return { ...frames, count, data }
}
