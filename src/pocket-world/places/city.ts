// A city at night: windows that glow, a road whose marks run by.

import type { Place } from '../place.ts'
import { below, intersection, repeatedAcross, shape, stripe } from '../shape-operations.ts'
import { box } from '../signed-distance.ts'

export const city: Place = {
  phrases: ['in the city', 'in a city at night', 'in town'],
  draw(pen, { hill, time, phase }) {
    pen.gradient([0.1, 0.08, 0.26], [0.42, 0.26, 0.5], -1, 0.6)
    for (let i = 0; i < 7; i++) {
      const x = -1 + 0.33 * i + 0.1 * hill
      const roof = 0.05 + 0.3 * Math.sin(2.3 * i + 7 * hill)
      pen.fill(i % 2 === 1 ? [0.12, 0.11, 0.24] : [0.17, 0.14, 0.3], intersection(stripe(x, 0.15), below(roof)))
      for (let j = 0; j < 3; j++) {
        const pane = box(x + (j % 2 === 0 ? 0.06 : -0.06), roof + 0.14 + 0.16 * j, 0.028, 0.036)
        pen.fill([1, 0.88, 0.5], pane, { opacity: 0.55 + 0.4 * Math.sin(phase + 2.1 * i + 1.7 * j) })
      }
    }
    pen.fill([0.22, 0.2, 0.3], below(0.66))
    const mark = shape({ left: -0.07, right: 0.07, top: 0.822, bottom: 0.858 }, (x, y) =>
      Math.max(Math.abs(x) - 0.07, Math.abs(y - 0.84) - 0.018),
    )
    pen.fill([0.98, 0.92, 0.6], repeatedAcross(mark, -0.5 * time, 0.25))
  },
}
