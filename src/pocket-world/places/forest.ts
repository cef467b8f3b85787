// A forest: five trees that sway, fireflies that circle and glow.

import type { Place } from '../place.ts'
import { ground, union } from '../shape-operations.ts'
import { box, circle } from '../signed-distance.ts'

export const forest: Place = {
  phrases: ['in the forest', 'in the woods', 'among trees'],
  draw(pen, { hill, specks, phase }) {
    pen.gradient([0.66, 0.84, 0.62], [0.86, 0.94, 0.7], -1, 0.6)
    for (let i = 0; i < 5; i++) {
      const x = -1 + 0.5 * i + 0.2 * hill
      const sway = 0.02 * Math.sin(phase + 1.3 * i)
      const far = i % 2 === 1
      const up = far ? 0.1 : 0
      pen.fill([0.36, 0.26, 0.18], box(x, far ? 0.27 : 0.37, 0.045, 0.3))
      const crown = union(circle(x + sway, -0.28 + up, 0.28), circle(x + 0.6 * sway - 0.05, up, 0.26))
      pen.fill(far ? [0.3, 0.52, 0.34] : [0.18, 0.4, 0.24], crown)
    }
    pen.fill(
      [0.26, 0.48, 0.24],
      ground((x) => 0.58 + 0.04 * Math.sin(4 * x + 5 * hill), 0.54),
    )
    for (const [sx, sy, own] of specks.slice(0, 5)) {
      const x = sx + 0.04 * Math.cos(phase + own)
      const y = 0.7 * sy + 0.05 * Math.sin(phase + own)
      pen.fill([1, 1, 0.7], circle(x, y, 0.016), { opacity: 0.55 + 0.3 * Math.sin(phase + own) })
    }
  },
}
