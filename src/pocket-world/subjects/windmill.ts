// A windmill: turns by one of its four sails a loop. Sails and roof have the colour that captions name.

import type { Rgb } from '../colour.ts'
import { union } from '../shape-operations.ts'
import { box, circle, polygon, segment } from '../signed-distance.ts'
import type { Subject } from '../subject.ts'

const wood: Rgb = [0.45, 0.28, 0.16]

export const windmill: Subject = {
  verb: 'turning',
  names: ['windmill'],
  likelyPlaces: ['meadow'],
  draw(pen, { colour, dark, line, size, x, facing, phase }) {
    const tower = pen.at(x, 0.22).scaled(size)
    tower.ink([0.94, 0.9, 0.84], [0.4, 0.34, 0.3], polygon([-0.13, -0.26], [0.13, -0.26], [0.24, 0.42], [-0.24, 0.42]))
    tower.fill(wood, union(box(0, 0.34, 0.06, 0.09), circle(0, 0.26, 0.06)))
    tower.fill([0.5, 0.75, 0.92], circle(0, 0.06, 0.05))
    tower.ink(dark, line, polygon([-0.17, -0.25], [0.17, -0.25], [0, -0.47]))

    const hub = tower.at(0, -0.28).turned((phase / 4) * facing)
    for (let i = 0; i < 4; i++) {
      const sail = hub.turned((Math.PI / 2) * i)
      sail.ink(colour, line, box(0.06, -0.27, 0.055, 0.21, 0.01 / size), 0.018)
      sail.fill([0.4, 0.26, 0.16], segment([0, 0], [0, -0.48], 0.016 / size))
    }
    hub.ink([0.98, 0.9, 0.5], [0.4, 0.3, 0.1], circle(0, 0, 0.05))
  },
}
