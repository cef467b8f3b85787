// Colour transfer: gives pictures the colours of others, by the mean and the deviation of each channel where brightness and colour stand apart.
// Reinhard et al., "Color Transfer between Images" (IEEE CG&A 21(5), 2001), in the YCbCr of ITU-R BT.601 instead of lαβ. Pure.

import type { Frames } from '../../engine/frames.ts'

type Triple = readonly [number, number, number]

/** Of brightness and of the two differences of colour, 0 to 255. */
export interface ColourStatistics {
  readonly mean: Triple
  readonly deviation: Triple
}

/** Over all pixels of all frames of all pictures, of which there is one at least. */
export function colourStatistics(pictures: Iterable<Pick<Frames, 'data'>>): ColourStatistics {
  const sums = [0, 0, 0]
  const squares = [0, 0, 0]
  let pixels = 0
  for (const { data } of pictures) {
    pixels += data.length / 3
    for (let i = 0; i < data.length; i += 3) {
      const values = opponent(data[i]!, data[i + 1]!, data[i + 2]!)
      for (let c = 0; c < 3; c++) {
        sums[c]! += values[c]!
        squares[c]! += values[c]! ** 2
      }
    }
  }
  const mean = (c: number): number => sums[c]! / pixels
  const deviation = (c: number): number => Math.sqrt(Math.max(0, squares[c]! / pixels - mean(c) ** 2))
  return { mean: [mean(0), mean(1), mean(2)], deviation: [deviation(0), deviation(1), deviation(2)] }
}

/** @param from statistics of the pictures that it is one of @param to those that they are to have */
export function transferColours(picture: Frames, from: ColourStatistics, to: ColourStatistics): Frames {
  const moved = (value: number, c: 0 | 1 | 2): number =>
    to.mean[c] + (from.deviation[c] > 0 ? (value - from.mean[c]) * (to.deviation[c] / from.deviation[c]) : 0)
  const data = new Uint8ClampedArray(picture.data.length)
  for (let i = 0; i < data.length; i += 3) {
    const [y, cb, cr] = opponent(picture.data[i]!, picture.data[i + 1]!, picture.data[i + 2]!)
    data.set(colour(moved(y, 0), moved(cb, 1), moved(cr, 2)), i)
  }
  return { ...picture, data: new Uint8Array(data.buffer) }
}

/** Full range, without the offset of 128. */
function opponent(red: number, green: number, blue: number): Triple {
  const y = 0.299 * red + 0.587 * green + 0.114 * blue
  return [y, (blue - y) / 1.772, (red - y) / 1.402]
}

function colour(y: number, cb: number, cr: number): Triple {
  const [red, blue] = [y + 1.402 * cr, y + 1.772 * cb]
  return [red, (y - 0.299 * red - 0.114 * blue) / 0.587, blue]
}
