// A duck: bobs on a little water of its own.

import { turned, union } from '../shape-operations.ts'
import { circle, ellipse, polygon } from '../signed-distance.ts'
import type { Subject } from '../subject.ts'
import { eye } from './eye.ts'

export const duck: Subject = {
  verb: 'bobbing',
  names: ['duck', 'duckling'],
  likelyPlaces: ['sea'],
  draw(pen, { colour, dark, line, size, x, facing, phase }) {
    const swimmer = pen
      .at(x, 0.3 + 0.05 * Math.cos(phase))
      .facing(facing)
      .turned(0.1 * Math.sin(phase))
      .scaled(size)
    swimmer.ink(dark, line, polygon([-0.3, -0.02], [-0.52, -0.2], [-0.26, -0.16]))
    swimmer.ink([0.99, 0.6, 0.12], [0.6, 0.3, 0.02], ellipse(0.45, -0.3, 0.13, 0.05))
    swimmer.ink(colour, line, union(ellipse(0, 0, 0.38, 0.24), circle(0.24, -0.32, 0.18)))
    const wing = turned(ellipse(-0.08, 0.01, 0.19, 0.11), [-0.08, 0.01], 0.15 + 0.25 * Math.sin(2 * phase))
    swimmer.ink(dark, line, wing, 0.016)
    eye(swimmer, 0.28, -0.36, 0.038)
    swimmer.fill([0.65, 0.85, 0.98], ellipse(0, 0.24, 0.5, 0.05), { opacity: 0.6 })
  },
}
