// A sailing boat: rocks and heaves.

import { above, below, inset, intersection } from '../shape-operations.ts'
import { box, ellipse, polygon } from '../signed-distance.ts'
import type { Subject } from '../subject.ts'

export const boat: Subject = {
  verb: 'rocking',
  names: ['boat', 'sailboat', 'ship'],
  likelyPlaces: ['sea'],
  draw(pen, { colour, dark, light, line, size, x, phase }) {
    const deck = pen
      .at(x, 0.34 + 0.05 * Math.cos(phase))
      .turned(0.15 * Math.sin(phase))
      .scaled(size)
    deck.fill([0.45, 0.28, 0.16], box(0, -0.28, 0.018 / size, 0.36))
    deck.ink(colour, line, polygon([0.035, -0.62], [0.035, -0.03], [0.4, -0.08]))
    deck.ink(light, line, polygon([-0.035, -0.52], [-0.035, -0.05], [-0.28, -0.09]))
    const hull = intersection(ellipse(0, 0, 0.48, 0.27), below(0), above(0.23))
    deck.ink(dark, line, hull)
    deck.fill([0.98, 0.97, 0.94], intersection(inset(hull, 0.015 / size), above(0.065)))
    deck.fill(colour, polygon([0, -0.66], [0, -0.58], [-0.12, -0.62 + (0.02 * Math.sin(2 * phase)) / size]))
  },
}
