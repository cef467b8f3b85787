// A meadow: a hill, grass, four small flowers that sway.

import type { Place } from '../place.ts'
import { ground, wrap } from '../shape-operations.ts'
import { circle } from '../signed-distance.ts'
import { apart, clouds } from './clouds.ts'

export const meadow: Place = {
  phrases: ['in a meadow', 'in a field', 'in a green meadow', 'on the grass'],
  draw(pen, { hill, cloud, specks, time, phase }) {
    pen.gradient([0.45, 0.76, 0.98], [0.86, 0.96, 1], -1, 0.4)
    clouds(pen, cloud + apart * time, -0.62)
    pen.fill([0.5, 0.8, 0.36], circle(hill, 1.8, 1.36))
    pen.fill(
      [0.37, 0.69, 0.28],
      ground((x) => 0.56 + 0.05 * Math.sin(3 * x + 4 * hill), 0.51),
    )
    for (const [i, [x, y, own]] of specks.slice(0, 4).entries()) {
      const sway = 0.02 * Math.sin(phase + own)
      pen.fill(i % 2 === 1 ? [1, 0.95, 0.6] : [1, 0.75, 0.85], circle(wrap(x, 1) + sway, 0.7 + 0.26 * Math.abs(y), 0.028))
    }
  },
}
