// A bird: flaps twice a loop.

import { below, inset, intersection, union } from '../shape-operations.ts'
import { circle, ellipse, polygon } from '../signed-distance.ts'
import type { Subject } from '../subject.ts'
import { eye } from './eye.ts'

export const bird: Subject = {
  verb: 'flapping',
  names: ['bird', 'little bird'],
  likelyPlaces: ['blue sky'],
  draw(pen, { colour, dark, light, line, size, x, y, facing, phase }) {
    const flier = pen
      .at(x, y - 0.06 * Math.cos(2 * phase))
      .facing(facing)
      .scaled(size)
    flier.ink(dark, line, polygon([-0.22, 0], [-0.5, -0.12], [-0.46, 0.1]))
    flier.ink([0.99, 0.7, 0.15], [0.6, 0.35, 0.05], polygon([0.34, -0.17], [0.34, -0.05], [0.53, -0.1]))
    const body = union(ellipse(0, 0, 0.3, 0.19), circle(0.24, -0.11, 0.15))
    flier.ink(colour, line, body)
    flier.fill(light, intersection(inset(body, 0.02 / size), below(0.05)))
    flier.ink(dark, line, polygon([0.12, -0.02], [-0.16, -0.02], [-0.1, -0.02 - 0.38 * Math.sin(2 * phase)]))
    eye(flier, 0.28, -0.14, 0.036)
  },
}
