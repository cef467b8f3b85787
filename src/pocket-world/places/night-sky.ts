// The night sky: a moon, and stars that twinkle.

import type { Place } from '../place.ts'
import { without } from '../shape-operations.ts'
import { circle } from '../signed-distance.ts'

export const nightSky: Place = {
  phrases: ['in the night sky', 'at night', 'under the stars'],
  draw(pen, { specks, phase }) {
    pen.gradient([0.04, 0.05, 0.2], [0.2, 0.16, 0.42])
    for (const [x, y, own] of specks) {
      const brightness = 0.5 + 0.5 * Math.sin(phase + own)
      pen.fill([1, 1, 0.88], circle(x, y, 0.014 + 0.012 * brightness), { opacity: 0.4 + 0.6 * brightness })
    }
    pen.fill([0.98, 0.96, 0.8], without(circle(0.62, -0.62, 0.2), circle(0.53, -0.67, 0.18)))
  },
}
