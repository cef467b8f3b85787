// Measures of a loop that need no net: whether it closes, whether anything leaps, how sharp and how coloured it is.

import { type Frames, frameAt } from '../engine/index.ts'

/** Mean absolute difference of two frames, 0 to 255. */
export function distance(a: Uint8Array, b: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!)
  return sum / a.length
}

export interface Steadiness {
  /** From the last frame back to the first, by the largest step inside the loop: above 1 one sees where it begins. */
  readonly seam: number
  /** The largest step inside the loop by the median one: something leaps, appears or vanishes where it is large. */
  readonly jump: number
  /** The mean step, 0 to 255. */
  readonly motion: number
}

/** Where nothing moves, nothing leaps: seam and jump are 1; of a still picture too. */
export function steadinessOf(frames: Frames): Steadiness {
  if (frames.count < 2) return { seam: 1, jump: 1, motion: 0 }
  const steps = Array.from({ length: frames.count - 1 }, (_, i) => distance(frameAt(frames, i), frameAt(frames, i + 1)))
  const largest = Math.max(...steps)
  const back = distance(frameAt(frames, frames.count - 1), frameAt(frames, 0))
  return {
    seam: ratio(back, largest),
    jump: ratio(largest, median(steps)),
    motion: steps.reduce((sum, step) => sum + step, 0) / steps.length,
  }
}

/** Mean length of the gradient of the luminance, 0 to 255 a pixel. */
export function sharpnessOf(frames: Frames): number {
  const { count, width, height } = frames
  const light = new Float32Array(width * height)
  let sum = 0
  for (let i = 0; i < count; i++) {
    const pixels = frameAt(frames, i)
    for (let k = 0; k < light.length; k++) light[k] = 0.3 * pixels[3 * k]! + 0.59 * pixels[3 * k + 1]! + 0.11 * pixels[3 * k + 2]!
    for (let y = 0; y < height - 1; y++) {
      for (let x = 0; x < width - 1; x++) {
        const at = y * width + x
        sum += Math.hypot(light[at + 1]! - light[at]!, light[at + width]! - light[at]!)
      }
    }
  }
  return sum / (count * (width - 1) * (height - 1))
}

export type MeanColour = readonly [red: number, green: number, blue: number]

/** Over all pixels of all frames, 0 to 255. */
export function meanColourOf({ data }: Frames): MeanColour {
  const sum: [number, number, number] = [0, 0, 0]
  for (let i = 0; i < data.length; i += 3) {
    sum[0] += data[i]!
    sum[1] += data[i + 1]!
    sum[2] += data[i + 2]!
  }
  const pixels = data.length / 3
  return [sum[0] / pixels, sum[1] / pixels, sum[2] / pixels]
}

/** Mean absolute difference of the three, 0 to 1. */
export const colourDistance = (a: MeanColour, b: MeanColour): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / (3 * 255)

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

const ratio = (a: number, b: number): number => (a === 0 && b === 0 ? 1 : a / b)
