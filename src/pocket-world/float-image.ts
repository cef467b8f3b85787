// A picture as numbers, and the filters that looks are made of: luminance, edges, blur, saturation.

export interface FloatImage {
  readonly width: number
  readonly height: number
  /** 0 to 1, [height, width, 3]. */
  readonly data: Float32Array
}

/** One number a pixel, [height, width]. */
export type Plane = Float32Array

/** `pixel` says what becomes of each, `i` is its number; what it gives is clamped. */
export function mapPixels(
  { width, height, data }: FloatImage,
  pixel: (r: number, g: number, b: number, i: number) => readonly [number, number, number],
): FloatImage {
  const out = new Float32Array(data.length)
  for (let i = 0; i < width * height; i++) {
    const [r, g, b] = pixel(data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!, i)
    out[3 * i] = clamp(r)
    out[3 * i + 1] = clamp(g)
    out[3 * i + 2] = clamp(b)
  }
  return { width, height, data: out }
}

export const clamp = (value: number, least = 0, most = 1): number => Math.min(most, Math.max(least, value))

export const luminance = (r: number, g: number, b: number): number => 0.3 * r + 0.59 * g + 0.11 * b

/** Saturation times `k`. */
export function vivid(r: number, g: number, b: number, k: number): [number, number, number] {
  const mean = (r + g + b) / 3
  return [clamp(mean + (r - mean) * k), clamp(mean + (g - mean) * k), clamp(mean + (b - mean) * k)]
}

/** Sobel's gradient, a quarter of it, of the channel where it is largest. Beyond the border its pixels are repeated. */
export function edges({ width, height, data }: FloatImage): Plane {
  const out = new Float32Array(width * height)
  for (let y = 0; y < height; y++) {
    const [above, here, below] = [Math.max(0, y - 1) * width, y * width, Math.min(height - 1, y + 1) * width]
    for (let x = 0; x < width; x++) {
      const [left, right] = [Math.max(0, x - 1), Math.min(width - 1, x + 1)]
      let largest = 0
      for (let c = 0; c < 3; c++) {
        const [a, b, d] = [data[3 * (above + left) + c]!, data[3 * (above + x) + c]!, data[3 * (above + right) + c]!]
        const [e, f] = [data[3 * (here + left) + c]!, data[3 * (here + right) + c]!]
        const [g, h, k] = [data[3 * (below + left) + c]!, data[3 * (below + x) + c]!, data[3 * (below + right) + c]!]
        const across = d + 2 * f + k - a - 2 * e - g
        const down = g + 2 * h + k - a - 2 * b - d
        largest = Math.max(largest, across * across + down * down)
      }
      out[here + x] = Math.sqrt(largest) / 4
    }
  }
  return out
}

/** The mean of `side` × `side` pixels around each; `side` is odd. Beyond the border its pixels are repeated. */
export function blur({ width, height, data }: FloatImage, side: number): FloatImage {
  const out = data.slice()
  const line = new Float64Array(Math.max(width, height) + side - 1)
  for (let y = 0; y < height; y++) for (let c = 0; c < 3; c++) average(out, 3 * y * width + c, width, 3, side, line)
  for (let i = 0; i < 3 * width; i++) average(out, i, height, 3 * width, side, line)
  return { width, height, data: out }
}

/** A running mean along `count` values from `first` on, each `step` after the one before; `line` is room for them and what is repeated. */
function average(data: Float32Array, first: number, count: number, step: number, side: number, line: Float64Array): void {
  const half = (side - 1) / 2
  for (let i = 0; i < half; i++) {
    line[i] = data[first]!
    line[half + count + i] = data[first + step * (count - 1)]!
  }
  for (let i = 0; i < count; i++) line[half + i] = data[first + step * i]!
  let sum = 0
  for (let i = 0; i < side - 1; i++) sum += line[i]!
  for (let i = 0; i < count; i++) {
    sum += line[i + side - 1]!
    data[first + step * i] = sum / side
    sum -= line[i]!
  }
}
