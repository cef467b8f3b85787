// Snow: a fir tree, and flakes of which each falls by the distance to the next.

import { white } from '../colour.ts'
import type { Place } from '../place.ts'
import { ground, repeatedDown } from '../shape-operations.ts'
import { circle, polygon } from '../signed-distance.ts'

export const snow: Place = {
  phrases: ['in the snow', 'in winter', 'in falling snow'],
  draw(pen, { hill, specks, time, phase }) {
    pen.gradient([0.6, 0.7, 0.85], [0.88, 0.92, 0.97], -1, 0.5)
    pen.fill(
      [0.97, 0.98, 1],
      ground((x) => 0.52 + 0.06 * Math.sin(2 * x + 4 * hill), 0.46),
    )
    const x = -0.7 + 0.1 * hill
    for (let i = 0; i < 3; i++) {
      const [top, foot, half] = [-0.1 + 0.16 * i, 0.16 + 0.16 * i, 0.12 + 0.05 * i]
      pen.fill([0.22, 0.42, 0.38], polygon([x, top], [x - half, foot], [x + half, foot]))
    }
    for (const [sx, sy, own] of specks) {
      const flake = circle(sx + 0.05 * Math.sin(phase + own), 0, 0.024)
      pen.fill(white, repeatedDown(flake, sy + time, 0.5))
    }
  },
}
