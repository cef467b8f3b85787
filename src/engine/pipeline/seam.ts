// How well a clip loops, in what people see.

import { type Frames, frameAt } from '../frames.ts'

/**
 * The step from the last frame to the first, over the largest step between neighbours inside: at most about 1 where nobody sees the seam;
 * a cut is many times that. 0 where the last frame is the first. Steps are mean absolute differences.
 */
export function seam(frames: Frames): number {
  const closing = apart(frames, frames.count - 1, 0)
  if (closing === 0) return 0
  let largest = 0
  for (let i = 1; i < frames.count; i++) largest = Math.max(largest, apart(frames, i - 1, i))
  return closing / largest
}

function apart(frames: Frames, i: number, j: number): number {
  const [a, b] = [frameAt(frames, i), frameAt(frames, j)]
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += Math.abs(a[k]! - b[k]!)
  return sum / a.length
}
