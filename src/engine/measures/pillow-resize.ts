// Pillow's bicubic: what CLIP's pictures are made small with, byte for byte. Source: python-pillow/Pillow src/libImaging/Resample.c.

import type { Frames } from '../frames.ts'

/** Weights are whole parts of this: 32 bits less those of a byte and of what sums of them may grow by. */
const one = 2 ** 22

interface Axis {
  readonly start: number
  readonly weights: readonly number[]
}

/** Columns first, then rows; rounded to bytes after each. */
export function pillowBicubic({ count, width, height, data }: Frames, to: { readonly width: number; readonly height: number }): Frames {
  const across = axisOf(width, to.width)
  const down = axisOf(height, to.height)
  const rows = new Uint8Array(count * height * to.width * 3)
  for (let row = 0; row < count * height; row++) {
    for (const [x, { start, weights }] of across.entries()) {
      for (let c = 0; c < 3; c++) {
        let sum = one / 2
        for (const [i, weight] of weights.entries()) sum += weight * data[(row * width + start + i) * 3 + c]!
        rows[(row * to.width + x) * 3 + c] = toByte(sum)
      }
    }
  }
  const out = new Uint8Array(count * to.height * to.width * 3)
  const line = to.width * 3
  for (let frame = 0; frame < count; frame++) {
    for (const [y, { start, weights }] of down.entries()) {
      for (let i = 0; i < line; i++) {
        let sum = one / 2
        for (const [k, weight] of weights.entries()) sum += weight * rows[(frame * height + start + k) * line + i]!
        out[(frame * to.height + y) * line + i] = toByte(sum)
      }
    }
  }
  return { count, ...to, data: out }
}

const toByte = (sum: number): number => Math.min(255, Math.max(0, Math.floor(sum / one)))

function axisOf(from: number, to: number): Axis[] {
  const scale = from / to
  const stretch = Math.max(1, scale)
  const support = 2 * stretch
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale
    const start = Math.max(0, Math.trunc(centre - support + 0.5))
    const end = Math.min(from, Math.trunc(centre + support + 0.5))
    const weights = Array.from({ length: end - start }, (_, k) => cubic((start + k - centre + 0.5) / stretch))
    const sum = weights.reduce((all, weight) => all + weight, 0)
    return { start, weights: weights.map((weight) => Math.trunc((weight / sum) * one + (weight < 0 ? -0.5 : 0.5))) }
  })
}

/** Keys' kernel with a = −½. */
function cubic(x: number): number {
  const a = -0.5
  const t = Math.abs(x)
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1
  return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0
}
