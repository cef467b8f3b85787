// The sea: three rows of waves that run against each other.

import type { Place } from '../place.ts'
import { ground } from '../shape-operations.ts'
import { apart, clouds } from './clouds.ts'

const waves = [
  { colour: [0.24, 0.58, 0.88], height: 0.28, direction: -1 },
  { colour: [0.15, 0.46, 0.78], height: 0.5, direction: 1 },
  { colour: [0.09, 0.34, 0.66], height: 0.74, direction: -1 },
] as const

export const sea: Place = {
  phrases: ['over the sea', 'on the sea', 'at sea', 'on the ocean'],
  draw(pen, { hill, cloud, time, phase }) {
    pen.gradient([0.5, 0.78, 0.98], [0.95, 0.98, 1], -1, 0.25)
    clouds(pen, cloud + apart * time, -0.66, 0.8)
    for (const [i, { colour, height, direction }] of waves.entries()) {
      const line = (x: number): number => height + 0.04 * Math.sin((6 - i) * 1.5 * x + phase * direction + i + 3 * hill)
      pen.fill(colour, ground(line, height - 0.04))
    }
  },
}
