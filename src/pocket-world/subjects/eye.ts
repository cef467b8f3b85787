// An eye with a glint, as most subjects have two.

import { white } from '../colour.ts'
import type { Pen } from '../pen.ts'
import { circle, type Shape } from '../signed-distance.ts'

/** `bend` is what is done to the shapes of a subject that sways. */
export function eye(pen: Pen, x: number, y: number, r: number, bend: (shape: Shape) => Shape = (shape) => shape): void {
  pen.fill(white, bend(circle(x, y, r * 1.45)))
  pen.fill([0.08, 0.08, 0.12], bend(circle(x, y, r * 0.85)))
  pen.fill(white, bend(circle(x - r * 0.3, y - r * 0.35, r * 0.28)))
}
