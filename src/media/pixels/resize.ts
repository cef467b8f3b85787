// Image resizing, for frames. Written out here because libvips enlarges with a bicubic whatever kernel it is asked for,
// and mixes neighbouring frames where raw frames are stacked.

import type { Frames } from '../../engine/frames.ts'

export type Kernel = 'lanczos' | 'nearest'

/** For one axis: output position `i` reads `taps` inputs from `start[i]` on, each times its weight. */
interface Axis {
  readonly taps: number
  readonly start: Int32Array
  readonly weights: Float32Array
}

/** `frames` at [width, height] pixels. Lanczos (three lobes, edges repeated) for pictures; nearest keeps hard pixels. */
export function resize(frames: Frames, width: number, height: number, kernel: Kernel = 'lanczos'): Frames {
  if (width === frames.width && height === frames.height) return frames
  const across = kernel === 'nearest' ? nearest(frames.width, width) : lanczos(frames.width, width)
  const down = kernel === 'nearest' ? nearest(frames.height, height) : lanczos(frames.height, height)
  const data = new Uint8ClampedArray(frames.count * width * height * 3)
  const rows = new Float32Array(frames.height * width * 3)
  for (let i = 0; i < frames.count; i++) {
    const from = i * frames.height * frames.width * 3
    horizontal(frames.data.subarray(from, from + frames.height * frames.width * 3), frames.width, rows, width, frames.height, across)
    vertical(rows, data.subarray(i * height * width * 3, (i + 1) * height * width * 3), width, height, down)
  }
  return { count: frames.count, width, height, data: new Uint8Array(data.buffer) }
}

/** Each edge pixel repeated until both sides are even, as H.264 in yuv420p needs. */
export function padToEven(frames: Frames): Frames {
  const width = frames.width + (frames.width & 1)
  const height = frames.height + (frames.height & 1)
  if (width === frames.width && height === frames.height) return frames
  const data = new Uint8Array(frames.count * width * height * 3)
  for (let i = 0; i < frames.count; i++) {
    for (let y = 0; y < height; y++) {
      const from = (i * frames.height + Math.min(y, frames.height - 1)) * frames.width * 3
      const to = (i * height + y) * width * 3
      data.set(frames.data.subarray(from, from + frames.width * 3), to)
      if (width > frames.width) data.copyWithin(to + frames.width * 3, to + (frames.width - 1) * 3, to + frames.width * 3)
    }
  }
  return { count: frames.count, width, height, data }
}

function nearest(input: number, output: number): Axis {
  const start = Int32Array.from({ length: output }, (_, i) => Math.floor(((i + 0.5) * input) / output))
  return { taps: 1, start, weights: new Float32Array(output).fill(1) }
}

/** When shrinking, the kernel widens with the step, so that every input pixel counts and nothing aliases. */
function lanczos(input: number, output: number): Axis {
  const step = input / output
  const stretch = Math.max(1, step)
  const reach = 3 * stretch
  const taps = Math.min(input, Math.ceil(2 * reach) + 1)
  const start = new Int32Array(output)
  const weights = new Float32Array(output * taps)
  for (let i = 0; i < output; i++) {
    const centre = (i + 0.5) * step - 0.5
    const first = Math.ceil(centre - reach)
    const last = Math.floor(centre + reach)
    const from = Math.max(0, Math.min(input - taps, first))
    start[i] = from
    let sum = 0
    for (let x = first; x <= last; x++) sum += lobe((x - centre) / stretch)
    for (let x = first; x <= last; x++) {
      const at = i * taps + Math.max(0, Math.min(input - 1, x)) - from
      weights[at] = weights[at]! + lobe((x - centre) / stretch) / sum
    }
  }
  return { taps, start, weights }
}

/** Lanczos-3: sinc(x) sinc(x / 3) within three pixels. */
function lobe(x: number): number {
  if (x === 0) return 1
  if (Math.abs(x) >= 3) return 0
  const p = Math.PI * x
  return (3 * Math.sin(p) * Math.sin(p / 3)) / (p * p)
}

/** src [height, inputWidth, 3] → out [height, width, 3] */
function horizontal(src: Uint8Array, inputWidth: number, out: Float32Array, width: number, height: number, axis: Axis): void {
  const { taps, start, weights } = axis
  for (let x = 0; x < width; x++) {
    const first = start[x]! * 3
    for (let y = 0; y < height; y++) {
      let r = 0
      let g = 0
      let b = 0
      let at = y * inputWidth * 3 + first
      for (let t = x * taps; t < (x + 1) * taps; t++) {
        const w = weights[t]!
        r += w * src[at]!
        g += w * src[at + 1]!
        b += w * src[at + 2]!
        at += 3
      }
      const to = (y * width + x) * 3
      out[to] = r
      out[to + 1] = g
      out[to + 2] = b
    }
  }
}

/** src [inputHeight, width, 3] → out [height, width, 3]; the clamped array rounds. */
function vertical(src: Float32Array, out: Uint8ClampedArray, width: number, height: number, axis: Axis): void {
  const { taps, start, weights } = axis
  const stride = width * 3
  const sum = new Float32Array(stride)
  for (let y = 0; y < height; y++) {
    sum.fill(0)
    for (let t = 0; t < taps; t++) {
      const w = weights[y * taps + t]!
      if (w === 0) continue
      const row = (start[y]! + t) * stride
      for (let i = 0; i < stride; i++) sum[i] = sum[i]! + w * src[row + i]!
    }
    out.set(sum, y * stride)
  }
}
