// Signed distance functions: negative inside a shape, zero on its edge, positive outside. x goes right, y goes down.
// Formulas: Inigo Quilez, "2D distance functions", iquilezles.org/articles/distfunctions2d.

export type Distance = (x: number, y: number) => number

export interface Shape {
  readonly distance: Distance
  /** A rectangle around every place of which the distance is less than `margin`. */
  bounds(margin: number): Bounds
}

/** Sides may be infinite. */
export interface Bounds {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

export type Point = readonly [x: number, y: number]

export const everywhere: Bounds = { left: -Infinity, top: -Infinity, right: Infinity, bottom: Infinity }

const around = (x: number, y: number, a: number, b: number): Bounds => ({ left: x - a, top: y - b, right: x + a, bottom: y + b })

export const circle = (cx: number, cy: number, r: number): Shape => ({
  distance: (x, y) => Math.sqrt((x - cx) * (x - cx) + (y - cy) * (y - cy)) - r,
  bounds: (margin) => around(cx, cy, r + margin, r + margin),
})

/** Half as wide as `a`, half as high as `b`. The distance is the first-order one, k (k − 1) / |∇k|: exact on the edge and on the axes. */
export const ellipse = (cx: number, cy: number, a: number, b: number): Shape => ({
  distance(x, y) {
    const u = (x - cx) / a
    const v = (y - cy) / b
    const k = Math.sqrt(u * u + v * v + 1e-9)
    const slope = Math.sqrt((u * u) / (a * a) + (v * v) / (b * b) + 1e-9)
    return (k * (k - 1)) / slope
  },
  // The distance is (k − 1) · min(a, b) at least.
  bounds(margin) {
    const k = 1 + margin / Math.min(a, b)
    return around(cx, cy, k * a, k * b)
  },
})

/** Half as wide as `a`, half as high as `b`, corners rounded by `r`. */
export const box = (cx: number, cy: number, a: number, b: number, r = 0): Shape => ({
  distance(x, y) {
    const u = Math.abs(x - cx) - a + r
    const v = Math.abs(y - cy) - b + r
    const p = Math.max(u, 0)
    const q = Math.max(v, 0)
    return Math.sqrt(p * p + q * q) + Math.min(Math.max(u, v), 0) - r
  },
  bounds: (margin) => around(cx, cy, a + margin, b + margin),
})

/** A line with round ends, `r` to each side. */
export function segment([ax, ay]: Point, [bx, by]: Point, r: number): Shape {
  const [ex, ey] = [bx - ax, by - ay]
  const square = ex * ex + ey * ey
  return {
    distance(x, y) {
      const px = x - ax
      const py = y - ay
      const h = Math.min(1, Math.max(0, (px * ex + py * ey) / square))
      return Math.sqrt((px - ex * h) ** 2 + (py - ey * h) ** 2) - r
    },
    bounds: (margin) => around((ax + bx) / 2, (ay + by) / 2, Math.abs(ex) / 2 + r + margin, Math.abs(ey) / 2 + r + margin),
  }
}

/**
 * Convex; corners in either direction. Its distance is the smaller of what both directions give, so that nobody has to know which it
 * is: a polygon that is only a few soft edges wide gets a faint halo from it, which the drawn truth has too.
 */
export function polygon(...points: readonly Point[]): Shape {
  const edges = points.map(([ax, ay], i) => {
    const [bx, by] = points[(i + 1) % points.length]!
    const length = Math.hypot(bx - ax, by - ay)
    const [nx, ny] = [(by - ay) / length, (ax - bx) / length]
    return { nx, ny, offset: ax * nx + ay * ny }
  })
  /** The corners where all edges were moved by `by` along their normals. */
  const moved = (by: number): Point[] =>
    points.map(([x, y], i) => {
      const [before, after] = [edges.at(i - 1)!, edges[i]!]
      const along = by / (1 + before.nx * after.nx + before.ny * after.ny)
      return [x + along * (before.nx + after.nx), y + along * (before.ny + after.ny)]
    })
  return {
    distance(x, y) {
      let most = -Infinity
      let least = Infinity
      for (let i = 0; i < edges.length; i++) {
        const { nx, ny, offset } = edges[i]!
        const distance = x * nx + y * ny - offset
        if (distance > most) most = distance
        if (distance < least) least = distance
      }
      return Math.min(most, -least)
    },
    bounds(margin) {
      const corners = [...moved(margin), ...moved(-margin)]
      const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)]
      // Squeezed to a line, it is as long as the picture.
      if (![...xs, ...ys].every(Number.isFinite)) return everywhere
      return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) }
    },
  }
}

/** Five points, the first one up; inner corners at half the radius. */
export function star(r: number): Shape {
  const fifth = (2 * Math.PI) / 5
  const [ex, ey] = [(r / 2) * Math.sin(fifth / 2), (r / 2) * Math.cos(fifth / 2) - r]
  const length = Math.hypot(ex, ey)
  /** How fast the distance grows beyond a point. */
  const slope = ex / length
  return {
    distance(x, y) {
      const angle = Math.atan2(x, -y)
      const fromPoint = angle - fifth * Math.floor(angle / fifth + 0.5)
      const rho = Math.sqrt(x * x + y * y)
      return (-rho * Math.sin(Math.abs(fromPoint)) * ey + (rho * Math.cos(fromPoint) - r) * ex) / length
    },
    bounds: (margin) => around(0, 0, r + margin / slope, r + margin / slope),
  }
}
