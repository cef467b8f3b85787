// Earlier frames: the animation that another begins with, or is a variation of, as the engine takes it.

import type { Frames } from '../engine/index.ts'
import type { EngineInput } from '../engine/run.ts'
import { decodeFrames } from '../media/decode.ts'
import { omitUndefined } from '../omit-undefined.ts'
import type { Recipe } from './recipe.ts'

/** Of a variation: the same scene, with other details. */
const usualStrength = 0.6

/** @throws UserError `not-decodable`, and those of ffmpeg */
export async function earlierFrames(
  { request, earlier }: Recipe,
  ffmpeg: string | undefined,
): Promise<Pick<EngineInput, 'continues' | 'variationOf'>> {
  if (earlier === undefined || !request.earlier) return {}
  const { width, height } = request
  const { as, strength = usualStrength, frames: count } = request.earlier
  const frames = spread(await decodeFrames(earlier, { width, height, maxFrames: count, ...omitUndefined({ ffmpeg }) }), count)
  return as === 'beginning' ? { continues: frames } : { variationOf: { frames, strength } }
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
