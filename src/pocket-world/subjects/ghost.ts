// A ghost: hovers, its hem in waves.

import { inset, intersection, rightOf, shape, union } from '../shape-operations.ts'
import { box, circle, ellipse } from '../signed-distance.ts'
import type { Subject } from '../subject.ts'
import { eye } from './eye.ts'

export const ghost: Subject = {
  verb: 'hovering',
  names: ['ghost'],
  likelyPlaces: ['forest', 'night sky'],
  draw(pen, { colour, dark, line, size, x, y, phase }) {
    const sheet = pen.at(x + 0.05 * Math.sin(phase), y + 0.09 * Math.cos(phase)).scaled(size)
    const wave = 0.045 / size
    const aboveHem = shape({ bottom: 0.3 + wave }, (u, v) => v - 0.3 - wave * Math.sin(17 * u + phase))
    const body = intersection(union(circle(0, -0.08, 0.3), box(0, 0.12, 0.3, 0.26)), aboveHem)
    sheet.ink(colour, line, body, 0.026)
    sheet.fill(dark, intersection(inset(body, 0.02 / size), rightOf(0.2)))
    for (const side of [1, -1]) eye(sheet, side * 0.11, -0.1, 0.05)
    sheet.fill([0.25, 0.1, 0.2], ellipse(0, 0.06, 0.055, 0.04 + (0.022 * Math.sin(phase)) / size))
    sheet.fill([1, 0.6, 0.7], union(circle(0.19, 0.01, 0.035), circle(-0.19, 0.01, 0.035)), { opacity: 0.7 })
  },
}
