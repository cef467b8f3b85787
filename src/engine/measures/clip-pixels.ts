// What CLIP's image encoder is shown: the shorter side made as long as it sees, the middle cut out, colours about zero.
// Source: transformers' CLIPImageProcessor.

import type { Frames } from '../frames.ts'
import { pillowBicubic } from './pillow-resize.ts'

const mean = [0.48145466, 0.4578275, 0.40821073] as const
const deviation = [0.26862954, 0.26130258, 0.27577711] as const

/** [n, 3, side, side] */
export function clipPixels(frames: Frames, side: number): Float32Array {
  const { count, width, height } = frames
  const short = Math.min(width, height)
  const longer = Math.trunc((Math.max(width, height) * side) / short)
  const [w, h] = width <= height ? [side, longer] : [longer, side]
  const { data } = pillowBicubic(frames, { width: w, height: h })
  const [left, top] = [Math.floor((w - side) / 2), Math.floor((h - side) / 2)]
  const pixels = new Float32Array(count * 3 * side * side)
  let at = 0
  for (let n = 0; n < count; n++) {
    for (let c = 0; c < 3; c++) {
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) pixels[at++] = (data[((n * h + top + y) * w + left + x) * 3 + c]! / 255 - mean[c]!) / deviation[c]!
      }
    }
  }
  return pixels
}
