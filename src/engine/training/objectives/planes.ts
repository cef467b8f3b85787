// Pictures as planes in −1..1, which nets are shown: [3, H, W].

import { concat } from '../../arrays/concat.ts'
import { type Frames, frameAt } from '../../frames.ts'

/** Frame i, mirrored or not. */
export function planesOf(frames: Frames, i: number, flipped: boolean): Float32Array {
  const { width, height } = frames
  const data = frameAt(frames, i)
  const pixels = width * height
  const planes = new Float32Array(3 * pixels)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + (flipped ? width - 1 - x : x)) * 3
      for (let c = 0; c < 3; c++) planes[c * pixels + y * width + x] = data[from + c]! / 127.5 - 1
    }
  }
  return planes
}

/** Of every frame, one behind the other: [F, 3, H, W]. */
export const allPlanesOf = (frames: Frames, flipped: boolean): Float32Array =>
  concat(Array.from({ length: frames.count }, (_, i) => planesOf(frames, i, flipped)))
