// Sunset: a low sun, two ranges of mountains, rows of far birds.

import type { Place } from '../place.ts'
import { ground, mirrored, repeatedAcross } from '../shape-operations.ts'
import { circle, segment } from '../signed-distance.ts'
import { apart } from './clouds.ts'

export const sunset: Place = {
  phrases: ['at sunset', 'in the evening', 'in the mountains'],
  draw(pen, { hill, cloud, time, phase }) {
    pen.gradient([0.36, 0.2, 0.48], [1, 0.62, 0.36], -1, 0.5)
    pen.fill([1, 0.88, 0.55], circle(0.3 * hill, 0.18, 0.3 + 0.012 * Math.sin(phase)))
    for (let i = 0; i < 2; i++) {
      const y = -0.55 + 0.16 * i
      const wing = segment([0, y], [0.09, y - 0.03 - 0.05 * Math.sin(2 * phase + i)], 0.012)
      pen.fill([0.2, 0.1, 0.25], repeatedAcross(mirrored(wing), cloud + 0.3 * i + apart * time, apart / 2))
    }
    pen.fill(
      [0.46, 0.24, 0.44],
      ground((x) => 0.38 + 0.266 * zigzag(1.5 * x + 3 * hill), 0.38),
    )
    pen.fill(
      [0.3, 0.15, 0.34],
      ground((x) => 0.68 + 0.152 * zigzag(2.5 * x + 3 * hill + 0.5), 0.68),
    )
    pen.fill(
      [0.18, 0.09, 0.22],
      ground((x) => 0.74 + 0.03 * Math.sin(3 * x + 4 * hill), 0.71),
    )
  },
}

/** From 0.6 down to 0 and up again every 1.2. */
const zigzag = (x: number): number => Math.abs(x - 1.2 * Math.floor(x / 1.2) - 0.6)
