// A row of clouds, one every 1.4, which drifts by one place a loop.

import { white } from '../colour.ts'
import type { Pen } from '../pen.ts'
import { repeatedAcross, union } from '../shape-operations.ts'
import { circle, ellipse } from '../signed-distance.ts'

export const apart = 1.4

export function clouds(pen: Pen, x: number, y: number, size = 1): void {
  const one = union(
    ellipse(0, y, 0.27 * size, 0.095 * size),
    circle(-0.08 * size, y - 0.075 * size, 0.12 * size),
    circle(0.09 * size, y - 0.05 * size, 0.095 * size),
  )
  pen.fill(white, repeatedAcross(one, x, apart / 2), { opacity: 0.95, softness: 2 })
}
