// A pen on a canvas: fills shapes in a coordinate system of its own, so that a subject is drawn once and placed, turned and sized by its pen.
// Edges are anti-aliased with a logistic curve of the distance, which is what makes them look soft at every size.

import type { View } from './camera.ts'
import type { Rgb } from './colour.ts'
import { type Bounds, everywhere, type Shape } from './signed-distance.ts'

/** RGB samples, row after row: `rgb` is [side, side, 3]. */
export interface Canvas {
  readonly side: number
  readonly rgb: Float32Array
  /** Room for the numbers of one row. */
  readonly row: Float64Array
}

export const createCanvas = (side: number): Canvas => ({ side, rgb: new Float32Array(side * side * 3), row: new Float64Array(side) })

/** From a sample's column and row to the pen's x and y: x = a · column + b · row + c, y = d · column + e · row + f. */
interface Affine {
  readonly a: number
  readonly b: number
  readonly c: number
  readonly d: number
  readonly e: number
  readonly f: number
}

export interface FillOptions {
  /** Of the whole shape, 0 to 1. */
  readonly opacity?: number
  /** Widens the soft edge by so much. */
  readonly softness?: number
}

/** Beyond so many widths of the soft edge nothing is left of it: e^−8 is less than a tenth of a byte. */
const edgeWidths = 8

export class Pen {
  readonly #canvas: Canvas
  readonly #map: Affine
  /** The length of the pen's unit, in the picture's: 1 for a pen that was not scaled. */
  readonly #unit: number
  /** Width of a soft edge, in the picture's unit. */
  readonly #soft: number

  private constructor(canvas: Canvas, map: Affine, unit: number, soft: number) {
    this.#canvas = canvas
    this.#map = map
    this.#unit = unit
    this.#soft = soft
  }

  /** The picture from −1 to 1 in x (right) and y (down), seen from `view`. */
  static on(canvas: Canvas, { x, y, zoom, angle }: View): Pen {
    const step = 2 / canvas.side / zoom
    const from = (1 / canvas.side - 1) / zoom
    const [cos, sin] = [step * Math.cos(angle), step * Math.sin(angle)]
    const [cosFrom, sinFrom] = [from * Math.cos(angle), from * Math.sin(angle)]
    const map = { a: cos, b: -sin, c: x + cosFrom - sinFrom, d: sin, e: cos, f: y + sinFrom + cosFrom }
    return new Pen(canvas, map, 1, 1.2 / canvas.side / zoom)
  }

  /** With its origin at (x, y). */
  at(x: number, y: number): Pen {
    const { c, f } = this.#map
    return this.#with({ ...this.#map, c: c - x, f: f - y })
  }

  /** Its axes turned about its origin. */
  turned(angle: number): Pen {
    const { a, b, c, d, e, f } = this.#map
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
    const turn = (x: number, y: number): readonly [number, number] => [x * cos + y * sin, y * cos - x * sin]
    const [[aa, dd], [bb, ee], [cc, ff]] = [turn(a, d), turn(b, e), turn(c, f)]
    return this.#with({ a: aa, b: bb, c: cc, d: dd, e: ee, f: ff })
  }

  /** Looking the other way where `facing` is −1. */
  facing(facing: 1 | -1): Pen {
    return this.#with(stretch(this.#map, facing, 1))
  }

  /** Its unit so many times as long; so are distances, and what is given as a width of ink is not. */
  scaled(by: number): Pen {
    return this.#with(stretch(this.#map, by, by), this.#unit * by)
  }

  /** Wider and higher without a change in how distances count. */
  stretched(across: number, down: number): Pen {
    return this.#with(stretch(this.#map, across, down))
  }

  /** Distances count so many times as much: the edges of what is squeezed would be too soft otherwise. */
  measuring(by: number): Pen {
    return this.#with(this.#map, this.#unit * by)
  }

  fill(colour: Rgb, shape: Shape, { opacity = 1, softness = 1 }: FillOptions = {}): void {
    const soft = (this.#soft * softness) / this.#unit
    this.#rows(shape.distance, shape.bounds(edgeWidths * soft), (at, count) => {
      cover(this.#canvas, at, count, colour, { soft, inset: 0, opacity })
    })
  }

  /** Filled, with a line along its edge; `width` is in the picture's unit. */
  ink(colour: Rgb, line: Rgb, shape: Shape, width = 0.022): void {
    const soft = this.#soft / this.#unit
    const half = width / 2 / this.#unit
    this.#rows(shape.distance, shape.bounds(edgeWidths * soft + half), (at, count) => {
      cover(this.#canvas, at, count, line, { soft, inset: -half, opacity: 1 })
      cover(this.#canvas, at, count, colour, { soft, inset: half, opacity: 1 })
    })
  }

  /** Everywhere, as opaque as `opacity` says of each place. */
  wash(colour: Rgb, opacity: (x: number, y: number) => number): void {
    const { rgb, row } = this.#canvas
    this.#rows(opacity, everywhere, (first, count) => {
      for (let i = 0, at = first; i < count; i++, at += 3) mix(rgb, at, colour, row[i]!)
    })
  }

  /** From `top` at y = `from` to `bottom` at y = `to`, over everything. */
  gradient(top: Rgb, bottom: Rgb, from = -1, to = 1): void {
    this.wash(top, () => 1)
    this.wash(bottom, (_, y) => Math.min(1, Math.max(0, (y - from) / (to - from))))
  }

  #with(map: Affine, unit = this.#unit): Pen {
    return new Pen(this.#canvas, map, unit, this.#soft)
  }

  /** Lays what `value` gives for all samples in `bounds` into the canvas's row, row after row. */
  #rows(value: (x: number, y: number) => number, bounds: Bounds, paint: (at: number, count: number) => void): void {
    const { side, row: values } = this.#canvas
    const { a, b, c, d, e, f } = this.#map
    const { left, top, right, bottom } = this.#samplesIn(bounds)
    const count = right - left
    if (count <= 0) return
    for (let row = top; row < bottom; row++) {
      const x = a * left + b * row + c
      const y = d * left + e * row + f
      for (let i = 0; i < count; i++) values[i] = value(x + a * i, y + d * i)
      paint((row * side + left) * 3, count)
    }
  }

  /** Columns and rows of all samples that can lie in `bounds`; the last ones are not among them. */
  #samplesIn(bounds: Bounds): Bounds {
    const { side } = this.#canvas
    const { a, b, c, d, e, f } = this.#map
    // Infinite sides end at the edges of the canvas, as the pen sees it.
    const [xs, ys] = [corners(a, b, c, side), corners(d, e, f, side)]
    const x = [Math.max(bounds.left, Math.min(...xs)), Math.min(bounds.right, Math.max(...xs))] as const
    const y = [Math.max(bounds.top, Math.min(...ys)), Math.min(bounds.bottom, Math.max(...ys))] as const
    if (x[0] > x[1] || y[0] > y[1]) return nowhere
    const determinant = a * e - b * d
    const columns: number[] = []
    const rows: number[] = []
    for (const u of x) {
      for (const v of y) {
        columns.push((e * (u - c) - b * (v - f)) / determinant)
        rows.push((a * (v - f) - d * (u - c)) / determinant)
      }
    }
    const clamp = (value: number): number => Math.min(side, Math.max(0, value))
    return {
      left: clamp(Math.floor(Math.min(...columns))),
      top: clamp(Math.floor(Math.min(...rows))),
      right: clamp(Math.ceil(Math.max(...columns)) + 1),
      bottom: clamp(Math.ceil(Math.max(...rows)) + 1),
    }
  }
}

const nowhere: Bounds = { left: 0, top: 0, right: 0, bottom: 0 }

const corners = (perColumn: number, perRow: number, origin: number, side: number): number[] =>
  [0, 1].flatMap((column) => [0, 1].map((row) => origin + side * (column * perColumn + row * perRow)))

const stretch = ({ a, b, c, d, e, f }: Affine, across: number, down: number): Affine => ({
  a: a / across,
  b: b / across,
  c: c / across,
  d: d / down,
  e: e / down,
  f: f / down,
})

/** In the pen's unit. */
interface Edge {
  readonly soft: number
  readonly inset: number
  readonly opacity: number
}

/** Paints `count` samples from `at` on, where the distance in the canvas's row plus `inset` is negative. */
function cover({ rgb, row }: Canvas, at: number, count: number, colour: Rgb, { soft, inset, opacity }: Edge): void {
  const outside = edgeWidths * soft
  for (let i = 0; i < count; i++, at += 3) {
    const distance = row[i]! + inset
    if (distance >= outside) continue
    mix(rgb, at, colour, distance <= -outside ? opacity : opacity / (1 + Math.exp(distance / soft)))
  }
}

function mix(rgb: Float32Array, at: number, colour: Rgb, share: number): void {
  rgb[at] = rgb[at]! + (colour[0] - rgb[at]!) * share
  rgb[at + 1] = rgb[at + 1]! + (colour[1] - rgb[at + 1]!) * share
  rgb[at + 2] = rgb[at + 2]! + (colour[2] - rgb[at + 2]!) * share
}
