// What the judge sees of frames of any size.

import type { Frames } from '../engine/index.ts'
import { resize } from '../media/pixels/resize.ts'
import { classifiedSide } from './classifier.ts'

/** The middle, as large as pictures that are judged: of a wide picture both ends are left out. */
export function classifiedSquare(frames: Frames): Frames {
  const shorter = Math.min(frames.width, frames.height)
  const [width, height] = [frames.width, frames.height].map((side) => Math.round((side * classifiedSide) / shorter)) as [number, number]
  const sized = resize(frames, width, height)
  if (width === height) return sized
  const [left, top] = [(width - classifiedSide) >> 1, (height - classifiedSide) >> 1]
  const row = classifiedSide * 3
  const data = new Uint8Array(sized.count * classifiedSide * row)
  for (let y = 0; y < sized.count * classifiedSide; y++) {
    const from = ((Math.floor(y / classifiedSide) * height + top + (y % classifiedSide)) * width + left) * 3
    data.set(sized.data.subarray(from, from + row), y * row)
  }
  return { count: sized.count, width: classifiedSide, height: classifiedSide, data }
}
