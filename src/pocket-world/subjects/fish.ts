// A fish: swims to and fro, its tail beating twice a loop.

import { below, inset, intersection, lowered, outline, rightOf } from '../shape-operations.ts'
import { circle, ellipse, polygon } from '../signed-distance.ts'
import type { Subject } from '../subject.ts'
import { eye } from './eye.ts'

export const fish: Subject = {
  verb: 'swimming',
  names: ['fish'],
  likelyPlaces: ['underwater', 'sea'],
  draw(pen, { colour, dark, light, line, size, x, y, facing, phase }) {
    const beat = Math.sin(2 * phase)
    const swimmer = pen
      .at(x + 0.14 * Math.sin(phase), y + 0.05 * beat)
      .facing(facing)
      .scaled(size)
    const swing = (u: number): number => -0.14 * beat * 2.4 * Math.max(0, -(u + 0.15 / size))
    swimmer.ink(dark, line, lowered(polygon([-0.24, 0], [-0.55, -0.22], [-0.55, 0.22]), swing, 0.25))
    swimmer.ink(dark, line, polygon([0.05, -0.16], [-0.16, -0.16], [-0.12, -0.31]))
    const body = ellipse(0, 0, 0.36, 0.22)
    const inside = inset(body, 0.02 / size)
    swimmer.ink(colour, line, body)
    swimmer.fill(light, intersection(inside, below(0.05)))
    swimmer.fill(dark, intersection(outline(circle(0.02, 0, 0.13), 0.013 / size), rightOf(0.06), inside))
    eye(swimmer, 0.2, -0.05, 0.042)
  },
}
