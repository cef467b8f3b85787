// A rocket: wobbles on a flame that flickers four times a loop. Its nose and fins have the colour that captions name.

import { white } from '../colour.ts'
import { above, inset, intersection, mirrored } from '../shape-operations.ts'
import { circle, ellipse, polygon } from '../signed-distance.ts'
import type { Subject } from '../subject.ts'

export const rocket: Subject = {
  verb: 'flying',
  names: ['rocket', 'spaceship'],
  likelyPlaces: ['night sky'],
  draw(pen, { colour, dark, line, size, x, y, phase }) {
    const ship = pen
      .at(x + 0.03 * Math.sin(2 * phase), y + 0.09 * Math.sin(phase))
      .turned(0.12 * Math.sin(phase))
      .scaled(size)
    const flame = 0.17 + 0.08 * Math.sin(4 * phase)
    ship.fill([1, 0.55, 0.1], ellipse(0, 0.43, 0.1, flame + 0.07))
    ship.fill([1, 0.92, 0.45], ellipse(0, 0.4, 0.055, flame * 0.7))
    ship.ink(dark, line, mirrored(polygon([0.09, 0.06], [0.32, 0.4], [0.09, 0.34])))
    const hull = intersection(ellipse(0, 0, 0.19, 0.5), above(0.34))
    ship.ink([0.95, 0.95, 0.98], [0.25, 0.25, 0.35], hull)
    ship.fill(colour, intersection(inset(hull, 0.015 / size), above(-0.2)))
    ship.ink([0.35, 0.68, 0.92], [0.2, 0.2, 0.3], circle(0, -0.01, 0.085))
    ship.fill(white, circle(-0.025, -0.035, 0.02))
  },
}
