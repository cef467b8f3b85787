// Earlier frames: the animation that another begins with, or is a variation of, as the engine takes it.

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Frames, Note } from '../../engine/index.ts'
import type { EngineInput } from '../../engine/run.ts'
import { UserError } from '../../errors.ts'
import { type DecodeOptions, decodeFrames } from '../../media/decode.ts'
import type { Recipe } from '../recipe.ts'
import { earlierGone, earlierUnreadable } from './earlier-errors.ts'
import type { FrameCache } from './frame-cache.ts'

export interface EarlierFrames {
  readonly input: Pick<EngineInput, 'continues' | 'variationOf'>
  readonly notes: readonly Note[]
}

export interface EarlierFramesOptions {
  /** Absent: those of the file are taken. */
  readonly frameCache?: Pick<FrameCache, 'find'>
  readonly ffmpeg?: string
}

/** Of a variation: the same scene, with other details. */
const usualStrength = 0.6

/**
 * As they were drawn, where this host still has them.
 * @throws UserError `given-gone`, `given-unreadable`, and those of ffmpeg
 */
export async function earlierFrames(
  { request, earlier }: Recipe,
  { frameCache, ...options }: EarlierFramesOptions = {},
): Promise<EarlierFrames> {
  if (earlier === undefined || !request.earlier) return { input: {}, notes: [] }
  const { width, height } = request
  const { as, strength = usualStrength, frames: count, blob } = request.earlier
  const kept = frameCache?.find(await bytesOf(earlier, blob)) ?? null
  const isWhole = kept?.count === count && kept.width === width && kept.height === height
  const frames = isWhole ? kept : spread(await decoded(earlier, blob, { width, height, maxFrames: count, ...options }), count)
  const notes = isWhole ? [] : [framesNotKept]
  return { input: as === 'beginning' ? { continues: frames } : { variationOf: { frames, strength } }, notes }
}

/** It may have been deleted since it was found. */
async function bytesOf(path: string, blob: string): Promise<Uint8Array> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? earlierGone(blob) : error
  })
}

async function decoded(path: string, blob: string, options: DecodeOptions): Promise<Frames> {
  // Where its frames are kept nowhere, nobody has read it yet.
  if (!existsSync(path)) throw earlierGone(blob)
  return decodeFrames(path, options).catch((error: unknown) => {
    // Whoever asks does not know it by its place on this host.
    throw error instanceof UserError && error.code === 'not-decodable' ? earlierUnreadable(blob, error) : error
  })
}

const framesNotKept: Note = {
  code: 'frames-not-kept',
  message: 'The frames that it was made of are no longer here as they were drawn, so those of the posted file were taken.',
  data: {},
}

/** A file that was left fewer to fit a limit: each of its frames stands for several. */
export function spread(frames: Frames, count: number): Frames {
  if (count === frames.count) return frames
  const each = frames.width * frames.height * 3
  const data = new Uint8Array(count * each)
  for (let i = 0; i < count; i++) {
    const from = Math.floor((i * frames.count) / count)
    data.set(frames.data.subarray(from * each, (from + 1) * each), i * each)
  }
  return { ...frames, count, data }
}
