// What can be done to shapes: joined, cut, moved inwards, mirrored, turned, bent, repeated.

import { type Bounds, type Distance, everywhere, type Shape } from './signed-distance.ts'

export function union(...shapes: readonly Shape[]): Shape {
  const [first, ...rest] = shapes as [Shape, ...Shape[]]
  return rest.reduce(
    (a, b) => ({
      distance: (x, y) => Math.min(a.distance(x, y), b.distance(x, y)),
      bounds: (margin) => enclosing(a.bounds(margin), b.bounds(margin)),
    }),
    first,
  )
}

export function intersection(...shapes: readonly Shape[]): Shape {
  const [first, ...rest] = shapes as [Shape, ...Shape[]]
  return rest.reduce(
    (a, b) => ({
      distance: (x, y) => Math.max(a.distance(x, y), b.distance(x, y)),
      bounds: (margin) => common(a.bounds(margin), b.bounds(margin)),
    }),
    first,
  )
}

/** What of `shape` lies outside `hole`. */
export const without = (shape: Shape, hole: Shape): Shape => ({
  distance: (x, y) => Math.max(shape.distance(x, y), -hole.distance(x, y)),
  bounds: shape.bounds,
})

/** Its edge moved inwards; by less than nothing: outwards. */
export const inset = (shape: Shape, by: number): Shape => ({
  distance: (x, y) => shape.distance(x, y) + by,
  bounds: (margin) => shape.bounds(margin - by),
})

/** A line along its edge, `r` to each side. */
export const outline = (shape: Shape, r: number): Shape => ({
  distance: (x, y) => Math.abs(shape.distance(x, y)) - r,
  bounds: (margin) => shape.bounds(margin + r),
})

/** The shape as it is for x ≥ 0, and its mirror image. */
export const mirrored = ({ distance, bounds }: Shape): Shape => ({
  distance: (x, y) => distance(Math.abs(x), y),
  bounds(margin) {
    const half = bounds(margin)
    return { ...half, left: -half.right }
  },
})

/** Turned about (cx, cy). */
export function turned({ distance, bounds }: Shape, [cx, cy]: readonly [number, number], angle: number): Shape {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  return {
    distance(x, y) {
      const u = x - cx
      const v = y - cy
      return distance(cx + u * cos + v * sin, cy - u * sin + v * cos)
    },
    bounds(margin) {
      const { left, top, right, bottom } = bounds(margin)
      const reach = Math.hypot(Math.max(cx - left, right - cx), Math.max(cy - top, bottom - cy))
      return { left: cx - reach, top: cy - reach, right: cx + reach, bottom: cy + reach }
    },
  }
}

/** Each row moved sideways by `shift(y)`, which stays within ±`reach` where the shape is. */
export const swayed = ({ distance, bounds }: Shape, shift: (y: number) => number, reach: number): Shape => ({
  distance: (x, y) => distance(x - shift(y), y),
  bounds(margin) {
    const still = bounds(margin)
    return { ...still, left: still.left - reach, right: still.right + reach }
  },
})

/** Each column moved down by `shift(x)`, which stays within ±`reach` where the shape is. */
export const lowered = ({ distance, bounds }: Shape, shift: (x: number) => number, reach: number): Shape => ({
  distance: (x, y) => distance(x, y - shift(x)),
  bounds(margin) {
    const still = bounds(margin)
    return { ...still, top: still.top - reach, bottom: still.bottom + reach }
  },
})

/** The shape around x = `at`, and again every 2 · `half` to the right and to the left. */
export const repeatedAcross = ({ distance, bounds }: Shape, at: number, half: number): Shape => ({
  distance: (x, y) => distance(wrap(x - at, half), y),
  bounds: (margin) => ({ ...bounds(margin), left: -Infinity, right: Infinity }),
})

/** The shape around y = `at`, and again every 2 · `half` below and above. */
export const repeatedDown = ({ distance, bounds }: Shape, at: number, half: number): Shape => ({
  distance: (x, y) => distance(x, wrap(y - at, half)),
  bounds: (margin) => ({ ...bounds(margin), top: -Infinity, bottom: Infinity }),
})

/** Into −half … half. */
export const wrap = (x: number, half: number): number => x - 2 * half * Math.floor((x + half) / (2 * half))

/** What lies below a line, which is nowhere above `top`. */
export const ground = (line: (x: number) => number, top: number): Shape => ({
  distance: (x, y) => line(x) - y,
  bounds: (margin) => ({ ...everywhere, top: top - margin }),
})

export const below = (height: number): Shape => ground(() => height, height)

export const above = (height: number): Shape => ({
  distance: (_, y) => y - height,
  bounds: (margin) => ({ ...everywhere, bottom: height + margin }),
})

export const rightOf = (side: number): Shape => ({
  distance: (x) => side - x,
  bounds: (margin) => ({ ...everywhere, left: side - margin }),
})

/** Upright and endless, `r` to each side of x = `at`. */
export const stripe = (at: number, r: number): Shape => ({
  distance: (x) => Math.abs(x - at) - r,
  bounds: (margin) => ({ ...everywhere, left: at - r - margin, right: at + r + margin }),
})

/** A function that is none of the above, negative within `bounds` only, and growing as fast as one goes away from them. */
export const shape = (bounds: Partial<Bounds>, distance: Distance): Shape => ({
  distance,
  bounds(margin) {
    const { left, top, right, bottom } = { ...everywhere, ...bounds }
    return { left: left - margin, top: top - margin, right: right + margin, bottom: bottom + margin }
  },
})

const enclosing = (a: Bounds, b: Bounds): Bounds => ({
  left: Math.min(a.left, b.left),
  top: Math.min(a.top, b.top),
  right: Math.max(a.right, b.right),
  bottom: Math.max(a.bottom, b.bottom),
})

const common = (a: Bounds, b: Bounds): Bounds => ({
  left: Math.max(a.left, b.left),
  top: Math.max(a.top, b.top),
  right: Math.min(a.right, b.right),
  bottom: Math.min(a.bottom, b.bottom),
})
