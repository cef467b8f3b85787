// The desert: two dunes, a cactus, a sun that swells.

import type { Place } from '../place.ts'
import { ground, union } from '../shape-operations.ts'
import { circle, segment } from '../signed-distance.ts'

export const desert: Place = {
  phrases: ['in the desert', 'in the dunes'],
  draw(pen, { hill, phase }) {
    pen.gradient([0.99, 0.68, 0.4], [1, 0.92, 0.7], -1, 0.4)
    pen.fill([1, 0.96, 0.74], circle(-0.58, -0.58, 0.19 + 0.014 * Math.sin(phase)))
    pen.fill(
      [0.92, 0.72, 0.4],
      ground((x) => 0.4 + 0.11 * Math.sin(2.2 * x + 3 * hill), 0.29),
    )
    pen.fill(
      [0.84, 0.6, 0.3],
      ground((x) => 0.66 + 0.08 * Math.sin(3.1 * x + 5 * hill), 0.58),
    )
    const x = 0.72 + 0.1 * hill
    const arm = union(segment([x - 0.12, 0.36], [x - 0.12, 0.46], 0.03), segment([x - 0.12, 0.46], [x, 0.48], 0.03))
    pen.fill([0.3, 0.55, 0.28], union(segment([x, 0.25], [x, 0.62], 0.045), arm))
  },
}
