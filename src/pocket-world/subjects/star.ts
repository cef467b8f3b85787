// A star: turns by one point a loop, while its face stays upright.

import { below, intersection, outline } from '../shape-operations.ts'
import { circle, star as fivePoints } from '../signed-distance.ts'
import type { Subject } from '../subject.ts'
import { eye } from './eye.ts'

export const star: Subject = {
  verb: 'spinning',
  names: ['star'],
  draw(pen, { colour, light, line, size, x, y, facing, phase }) {
    const face = pen.at(x, y).scaled(size)
    const points = face.turned((phase / 5) * facing)
    points.ink(colour, line, fivePoints(0.42), 0.03)
    points.fill(light, fivePoints(0.22))
    for (const side of [1, -1]) eye(face, side * 0.07, -0.03, 0.03)
    face.fill(line, intersection(outline(circle(0, 0.06, 0.05), 0.012 / size), below(0.06)))
  },
}
