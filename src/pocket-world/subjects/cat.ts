// A cat: sits, swings its tail, blinks once a loop.

import { tint } from '../colour.ts'
import { union } from '../shape-operations.ts'
import { ellipse, polygon, segment } from '../signed-distance.ts'
import type { Subject } from '../subject.ts'

const sides = [-1, 1] as const

export const cat: Subject = {
  verb: 'sitting',
  names: ['cat', 'kitten'],
  draw(pen, { colour, light, line, size, x, facing, phase }) {
    const seat = pen.at(x, 0.3).scaled(size)
    const tip = 0.22 * Math.sin(0.7 * Math.sin(phase) * facing)
    const tail = union(segment([0.28, 0.26], [0.48, 0.1], 0.05), segment([0.48, 0.1], [0.48 + tip, -0.2], 0.05))
    seat.facing(facing).ink(colour, line, tail)
    seat.ink(colour, line, ellipse(0, 0.1, 0.27, 0.3))
    seat.fill(light, ellipse(0, 0.16, 0.14, 0.18))

    const head = seat.at(0, -0.3 - (0.015 * Math.sin(2 * phase)) / size)
    const open = Math.min(1, Math.max(0.12, 1 - 3.2 * Math.max(0, Math.sin(phase + 1) - 0.72)))
    for (const side of sides) {
      const ear = head.facing(side)
      ear.ink(colour, line, polygon([0.06, -0.16], [0.25, -0.34], [0.26, -0.06]))
      ear.fill([1, 0.65, 0.7], polygon([0.12, -0.17], [0.22, -0.27], [0.22, -0.12]))
    }
    head.ink(colour, line, ellipse(0, 0, 0.28, 0.23))
    for (const side of sides) head.fill([0.12, 0.3, 0.16], ellipse(side * 0.11, -0.02, 0.05, 0.06 * open))
    head.fill([0.95, 0.45, 0.5], polygon([-0.03, 0.05], [0.03, 0.05], [0, 0.085]))
    for (const side of sides) {
      for (const end of [0.05, 0.11]) {
        head.facing(side).fill([0.97, 0.97, 0.97], segment([0.1, 0.08], [0.34, end], 0.007 / size), { opacity: 0.9 })
      }
    }
    for (const side of sides) seat.ink(tint(colour, 0.2), line, ellipse(side * 0.11, 0.38, 0.09, 0.05))
  },
}
