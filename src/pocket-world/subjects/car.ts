// A car: stays where it is, shaking, its wheels turning once a loop.

import { black, type Rgb } from '../colour.ts'
import { union } from '../shape-operations.ts'
import { box, circle, ellipse } from '../signed-distance.ts'
import type { Subject } from '../subject.ts'

const glass: Rgb = [0.72, 0.9, 0.98]

export const car: Subject = {
  verb: 'driving',
  names: ['car', 'little car'],
  likelyPlaces: ['city'],
  draw(pen, { colour, light, line, size, x, facing, phase }) {
    const shadow = pen.at(x, 0.38 + 0.3 * size).scaled(size)
    shadow.fill(black, ellipse(0, 0, 0.5, 0.04 / size), { opacity: 0.25, softness: 3 })

    const body = pen
      .at(x, 0.38 + 0.015 * Math.sin(2 * phase))
      .facing(facing)
      .scaled(size)
    body.ink(colour, line, box(-0.04, -0.17, 0.27, 0.16, 0.09 / size))
    body.fill(glass, box(-0.16, -0.18, 0.1, 0.09, 0.03 / size))
    body.fill(glass, box(0.09, -0.18, 0.1, 0.09, 0.03 / size))
    body.ink(colour, line, box(0, 0.06, 0.5, 0.16, 0.08 / size))
    body.fill(light, box(0, 0.02, 0.47, 0.02))
    body.fill([1, 0.95, 0.6], circle(0.45, 0.05, 0.04))

    for (const axle of [-0.28, 0.28]) {
      const wheel = pen
        .at(x, 0.38 + 0.2 * size)
        .facing(facing)
        .scaled(size)
        .at(axle, 0)
      wheel.ink([0.2, 0.2, 0.24], [0.05, 0.05, 0.08], circle(0, 0, 0.14))
      wheel.fill([0.8, 0.82, 0.86], circle(0, 0, 0.075))
      const spokes = union(box(0, 0, 0.075, 0.014 / size), box(0, 0, 0.014 / size, 0.075))
      wheel.turned(phase).fill([0.3, 0.3, 0.36], spokes)
    }
  },
}
