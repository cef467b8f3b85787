// Dithering: frames in palette colours. The rounding error of a pixel goes to its neighbours (Floyd and Steinberg, 1976), and a pixel that
// is still near enough keeps the colour that it shows: less flicker, and long runs of "unchanged" to compress.

import type { FrameSource } from '../frame-source.ts'
import { nearestColour } from './palette.ts'

export interface DitherOptions {
  /** Share of the error that is passed on: 0 is flat areas with bands, 1 is the finest grain. */
  readonly strength: number
  /** A pixel keeps last frame's colour while no channel is further off than this, of 255. */
  readonly keepWithin: number
}

/** Palette indices of each frame in turn, [height × width]. The array is reused: read it before the next. */
export function* dither(frames: FrameSource, colours: Uint8Array, { strength, keepWithin }: DitherOptions): Generator<Uint8Array> {
  const { width, height } = frames
  const nearest = memoized(colours)
  const shown = new Uint8Array(width * height)
  // One pixel of margin on both sides takes the errors that leave the picture.
  let here = new Float32Array((width + 2) * 3)
  let below = new Float32Array((width + 2) * 3)
  for (let i = 0; i < frames.count; i++) {
    const frame = frames.frame(i)
    here.fill(0)
    for (let y = 0; y < height; y++) {
      below.fill(0)
      for (let x = 0; x < width; x++) {
        const p = y * width + x
        const e = 3 * x + 3
        const r = clamp(frame[3 * p]! + here[e]! * strength)
        const g = clamp(frame[3 * p + 1]! + here[e + 1]! * strength)
        const b = clamp(frame[3 * p + 2]! + here[e + 2]! * strength)
        const old = 3 * shown[p]!
        const keep = i > 0 && near(colours[old]! - r, colours[old + 1]! - g, colours[old + 2]! - b, keepWithin)
        if (!keep) shown[p] = nearest(r, g, b)
        const k = 3 * shown[p]!
        spread(here, below, e, r - colours[k]!)
        spread(here, below, e + 1, g - colours[k + 1]!)
        spread(here, below, e + 2, b - colours[k + 2]!)
      }
      ;[here, below] = [below, here]
    }
    yield shown
  }
}

function clamp(v: number): number {
  return Math.max(0, Math.min(255, v))
}

function near(dr: number, dg: number, db: number, within: number): boolean {
  return Math.abs(dr) <= within && Math.abs(dg) <= within && Math.abs(db) <= within
}

function spread(here: Float32Array, below: Float32Array, at: number, error: number): void {
  here[at + 3]! += (error * 7) / 16
  below[at - 3]! += (error * 3) / 16
  below[at]! += (error * 5) / 16
  below[at + 3]! += error / 16
}

/** Nearest colours by a table of 2^21 coarse colours, filled as they are met. */
function memoized(colours: Uint8Array): (r: number, g: number, b: number) => number {
  const known = new Int16Array(1 << 21).fill(-1)
  return (r, g, b) => {
    const key = ((r >> 1) << 14) | ((g >> 1) << 7) | (b >> 1)
    if (known[key]! < 0) known[key] = nearestColour(colours, (r & 254) + 0.5, (g & 254) + 0.5, (b & 254) + 0.5)
    return known[key]!
  }
}
