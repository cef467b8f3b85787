// A frame source: frames that are asked for one at a time, so that a clip of any length is encoded in the memory of a few.

import { type Frames, frameAt } from '../engine/frames.ts'

export interface FrameSource {
  readonly count: number
  readonly width: number
  readonly height: number
  /** RGB bytes [height, width, 3]; the same whenever it is asked for, and nobody else's to change. */
  frame(i: number): Uint8Array
}

export function sourceOf(frames: Frames | FrameSource): FrameSource {
  if ('frame' in frames) return frames
  const { count, width, height } = frames
  return { count, width, height, frame: (i) => frameAt(frames, i) }
}

/** @param change one frame to one of this size */
export function mapFrames(source: FrameSource, [width, height]: readonly [number, number], change: (frame: Frames) => Frames): FrameSource {
  const { count } = source
  return {
    count,
    width,
    height,
    frame: (i) => change({ count: 1, width: source.width, height: source.height, data: source.frame(i) }).data,
  }
}

/** Frames 0, n, 2n … */
export function everyNth(source: FrameSource, n: number): FrameSource {
  if (n === 1) return source
  const count = Math.ceil(source.count / n)
  return { ...source, count, frame: (i) => source.frame(Math.floor((i * source.count) / count)) }
}
