// A heart: beats.

import { white } from '../colour.ts'
import { mirrored, turned, union } from '../shape-operations.ts'
import { circle, ellipse, polygon } from '../signed-distance.ts'
import type { Subject } from '../subject.ts'

export const heart: Subject = {
  verb: 'beating',
  names: ['heart'],
  draw(pen, { colour, line, size, x, y, phase }) {
    const beat = pen
      .at(x, y)
      .scaled(size * (1.02 + 0.15 * Math.sin(phase)))
      .at(0, -0.03)
    beat.ink(colour, line, mirrored(union(circle(0.17, -0.12, 0.2), polygon([-0.03, -0.2], [0.335, -0.005], [-0.03, 0.42]))), 0.03)
    beat.fill(white, turned(ellipse(-0.19, -0.17, 0.075, 0.045), [-0.19, -0.17], 0.6), { opacity: 0.8 })
  },
}
