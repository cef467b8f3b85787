// Warp error without optical flow: how much of a frame the one before it does not explain, however its blocks are moved. Full search over
// whole pixels, as video coders compensate motion (Jain and Jain, "Displacement Measurement and Its Application in Interframe Image
// Coding", 1981), where Lai et al. (arXiv 1808.00449) warp by a flow net. Shimmer and changing shapes are left, movement is not.

import { type Frames, frameAt } from '../frames.ts'

const block = 8
/** How far a block may have come, in pixels of a picture of this side; larger pictures are made smaller first. */
const reach = 8
const measuredSide = 128

interface Plane {
  readonly width: number
  readonly height: number
  /** Luminance, 0 to 1. */
  readonly light: Float32Array
}

/** Mean |frame − the best moved blocks of the frame before|, 0 to 1, over all neighbours. @param frames at least two */
export function warpErrorOf(frames: Frames): number {
  const planes = Array.from({ length: frames.count }, (_, i) => planeOf(frames, i))
  const errors = planes.slice(1).map((plane, i) => unexplained(planes[i]!, plane))
  return errors.reduce((sum, error) => sum + error, 0) / errors.length
}

/** Pixels of a square are averaged, so that the shorter side is no more than twice the measured one. */
function planeOf(frames: Frames, i: number): Plane {
  const pixels = frameAt(frames, i)
  const step = Math.max(1, Math.floor(Math.min(frames.width, frames.height) / measuredSide))
  const [width, height] = [Math.floor(frames.width / step), Math.floor(frames.height / step)]
  const light = new Float32Array(width * height)
  for (let y = 0; y < height * step; y++) {
    for (let x = 0; x < width * step; x++) {
      const at = 3 * (y * frames.width + x)
      light[Math.floor(y / step) * width + Math.floor(x / step)]! += 0.299 * pixels[at]! + 0.587 * pixels[at + 1]! + 0.114 * pixels[at + 2]!
    }
  }
  return { width, height, light: light.map((value) => value / (255 * step * step)) }
}

function unexplained(before: Plane, after: Plane): number {
  const { width, height } = after
  let sum = 0
  for (let top = 0; top < height; top += block) {
    for (let left = 0; left < width; left += block) sum += bestMatch(before, after, left, top)
  }
  return sum / (width * height)
}

/** Sum of differences where they are least; blocks come from inside the picture. */
function bestMatch(before: Plane, after: Plane, left: number, top: number): number {
  const { width, height } = after
  const [right, bottom] = [Math.min(width, left + block), Math.min(height, top + block)]
  const difference = (dx: number, dy: number, most: number): number => {
    let sum = 0
    for (let y = top; y < bottom && sum < most; y++) {
      const [a, b] = [y * width, (y + dy) * width + dx]
      for (let x = left; x < right; x++) sum += Math.abs(after.light[a + x]! - before.light[b + x]!)
    }
    return sum
  }
  let best = difference(0, 0, Infinity)
  for (let dy = Math.max(-reach, -top); dy <= Math.min(reach, height - bottom); dy++) {
    for (let dx = Math.max(-reach, -left); dx <= Math.min(reach, width - right); dx++) {
      best = Math.min(best, difference(dx, dy, best))
    }
  }
  return best
}
