// A jellyfish: its bell widens and narrows, its tentacles are waves that run down.

import { tint } from '../colour.ts'
import { above, below, intersection, shape, stripe, swayed } from '../shape-operations.ts'
import { ellipse } from '../signed-distance.ts'
import type { Subject } from '../subject.ts'
import { eye } from './eye.ts'

const tentacles = 5

export const jellyfish: Subject = {
  verb: 'drifting',
  names: ['jellyfish'],
  likelyPlaces: ['underwater'],
  draw(pen, { colour, light, line, size, x, y, phase }) {
    const bell = pen.at(x, y - 0.08 * Math.sin(phase)).scaled(size)
    const wide = 1 + 0.12 * Math.sin(phase)
    const flat = 1 - 0.12 * Math.sin(phase)
    for (let i = 0; i < tentacles; i++) {
      const hanging = intersection(stripe((-0.2 + 0.1 * i) * wide, 0.022), below(0.02), above(0.44 + 0.06 * (i % 2)))
      const wave = (v: number): number => 0.045 * Math.sin(9 * (v - 0.02) - phase + i)
      bell.fill(tint(colour, 0.3), swayed(hanging, wave, 0.045), { opacity: 0.9 })
    }
    const frill = 0.02 / size
    const aboveFrill = shape({ bottom: 0.03 + frill }, (u, v) => v - 0.03 - frill * Math.cos(18 * u))
    bell.ink(colour, line, intersection(ellipse(0, 0, 0.34 * wide, 0.34 * flat), aboveFrill))
    bell.fill(light, ellipse(-0.12, -0.18, 0.09, 0.06), { opacity: 0.8 })
    for (const side of [1, -1]) eye(bell, side * 0.09, -0.08, 0.035)
  },
}
