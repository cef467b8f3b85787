// Colour quantization, to one palette for all frames: boxes of colours are cut where that takes away most of the error (after Wu, "Color
// quantization by dynamic programming and principal analysis", 1992, on the axes alone), then k-means settles them.

import type { FrameSource } from '../frame-source.ts'

/** What occurs: M distinct coarse colours, [M, 3] as the mean of their pixels, and how many pixels each. */
interface Colours {
  readonly rgb: Float64Array
  readonly pixels: Float64Array
}

/** A run [from, to) of the sorted colours. `error` is the sum of squared distances to the mean. */
interface Box {
  readonly from: number
  readonly to: number
  readonly mean: readonly [number, number, number]
  readonly axis: number
  readonly error: number
}

const ROUNDS = 4

/** At most `size` colours that are near to all pixels of all frames: bytes [≤ size, 3]. */
export function palette(frames: FrameSource, size: number): Uint8Array {
  const colours = histogram(frames)
  const order = Uint32Array.from(colours.pixels, (_, i) => i)
  const boxes = [measure(colours, order, 0, order.length)]
  while (boxes.length < size) {
    const worst = boxes.reduce((a, b, i) => (b.error > boxes[a]!.error ? i : a), 0)
    const box = boxes[worst]!
    if (box.error <= 0 || box.to - box.from < 2) break
    const cut = split(colours, order, box)
    boxes[worst] = measure(colours, order, box.from, cut)
    boxes.push(measure(colours, order, cut, box.to))
  }
  return settle(colours, Float64Array.from(boxes.flatMap((b) => b.mean)))
}

/** Six bits a channel; five where pictures are so noisy that it makes no difference but in time. */
function histogram(frames: FrameSource): Colours {
  const fine = bin(frames, 6)
  return fine.pixels.length <= 20_000 ? fine : bin(frames, 5)
}

function bin(frames: FrameSource, bits: number): Colours {
  const shift = 8 - bits
  const slot = new Int32Array(1 << (3 * bits)).fill(-1)
  const rgb: number[] = []
  const pixels: number[] = []
  for (let n = 0; n < frames.count; n++) {
    const data = frames.frame(n)
    for (let i = 0; i < data.length; i += 3) {
      const r = data[i]!
      const g = data[i + 1]!
      const b = data[i + 2]!
      const key = ((r >> shift) << (2 * bits)) | ((g >> shift) << bits) | (b >> shift)
      let k = slot[key]!
      if (k < 0) {
        k = slot[key] = pixels.length
        pixels.push(0)
        rgb.push(0, 0, 0)
      }
      pixels[k]!++
      rgb[3 * k]! += r
      rgb[3 * k + 1]! += g
      rgb[3 * k + 2]! += b
    }
  }
  return { rgb: Float64Array.from(rgb, (v, i) => v / pixels[Math.floor(i / 3)]!), pixels: Float64Array.from(pixels) }
}

function measure({ rgb, pixels }: Colours, order: Uint32Array, from: number, to: number): Box {
  let n = 0
  const sum: [number, number, number] = [0, 0, 0]
  const squares: [number, number, number] = [0, 0, 0]
  for (let i = from; i < to; i++) {
    const k = order[i]!
    const w = pixels[k]!
    n += w
    for (let c = 0; c < 3; c++) {
      const v = rgb[3 * k + c]!
      sum[c]! += w * v
      squares[c]! += w * v * v
    }
  }
  const spread = squares.map((q, c) => q - sum[c]! ** 2 / n)
  const axis = spread.indexOf(Math.max(...spread))
  const error = to - from < 2 ? 0 : spread[0]! + spread[1]! + spread[2]!
  return { from, to, mean: [sum[0] / n, sum[1] / n, sum[2] / n], axis, error }
}

/** Sorts the box along its widest axis and says where to cut it. */
function split({ rgb, pixels }: Colours, order: Uint32Array, { from, to, axis }: Box): number {
  const value = (k: number) => rgb[3 * k + axis]!
  order.set(
    order.slice(from, to).sort((a, b) => value(a) - value(b)),
    from,
  )
  let total = 0
  let all = 0
  for (let i = from; i < to; i++) {
    all += pixels[order[i]!]!
    total += pixels[order[i]!]! * value(order[i]!)
  }
  let cut = from + 1
  let best = -1
  let n = 0
  let sum = 0
  for (let i = from; i < to - 1; i++) {
    n += pixels[order[i]!]!
    sum += pixels[order[i]!]! * value(order[i]!)
    const gain = sum ** 2 / n + (total - sum) ** 2 / (all - n)
    if (gain > best) {
      best = gain
      cut = i + 1
    }
  }
  return cut
}

function settle({ rgb, pixels }: Colours, centres: Float64Array): Uint8Array {
  for (let round = 0; round < ROUNDS; round++) {
    const sums = new Float64Array((centres.length / 3) * 4)
    for (let k = 0; k < pixels.length; k++) {
      const to = 4 * nearestColour(centres, rgb[3 * k]!, rgb[3 * k + 1]!, rgb[3 * k + 2]!)
      sums[to]! += pixels[k]!
      for (let c = 0; c < 3; c++) sums[to + 1 + c]! += pixels[k]! * rgb[3 * k + c]!
    }
    for (let j = 0; j < centres.length; j++) {
      const n = sums[4 * Math.floor(j / 3)]!
      if (n > 0) centres[j] = sums[4 * Math.floor(j / 3) + 1 + (j % 3)]! / n
    }
  }
  return Uint8Array.from(centres, Math.round)
}

/** Index of the colour in `colours` [n, 3] that is nearest to r, g, b. */
export function nearestColour(colours: Float64Array | Uint8Array, r: number, g: number, b: number): number {
  let best = Number.POSITIVE_INFINITY
  let index = 0
  for (let j = 0; j < colours.length; j += 3) {
    const dr = r - colours[j]!
    const dg = g - colours[j + 1]!
    const db = b - colours[j + 2]!
    const distance = dr * dr + dg * dg + db * db
    if (distance < best) {
      best = distance
      index = j
    }
  }
  return index / 3
}
