// Motion of a clip in its pixels: how much, how evenly, and whether it closes. d the mean difference of neighbouring frames, 0 to 1.

import { type Frames, frameAt } from '../frames.ts'

export interface PixelMotion {
  /** mean d */
  readonly motion: number
  /** Deviation of d (n − 1) by its mean. */
  readonly jitter: number
  /** The same with the step from the last frame to the first among them. */
  readonly closedJitter: number
  /** That step by mean d: about one in a closed loop, five and more where there is a cut. */
  readonly loopGap: number
  /** mean |p₊ − 2 p + p₋| by mean d */
  readonly secondDifference: number
  /** 1 − mean difference, as VBench tells it. */
  readonly temporalFlickering: number
}

/** @param frames at least three */
export function pixelMotionOf(frames: Frames): PixelMotion {
  const all = Array.from({ length: frames.count }, (_, i) => frameAt(frames, i))
  const steps = all.slice(1).map((frame, i) => difference(all[i]!, frame))
  const back = difference(all.at(-1)!, all[0]!)
  const motion = mean(steps)
  const bends = all.slice(2).map((frame, i) => {
    const [before, middle] = [all[i]!, all[i + 1]!]
    let sum = 0
    for (let k = 0; k < frame.length; k++) sum += Math.abs(frame[k]! - 2 * middle[k]! + before[k]!)
    return sum / frame.length / 255
  })
  return {
    motion,
    jitter: deviation(steps) / motion,
    closedJitter: deviation([...steps, back]) / mean([...steps, back]),
    loopGap: back / motion,
    secondDifference: mean(bends) / motion,
    temporalFlickering: 1 - motion,
  }
}

function difference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!)
  return sum / a.length / 255
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

function deviation(values: readonly number[]): number {
  const middle = mean(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1))
}
