// Under water: rays of light, weed that sways, bubbles that rise by the distance to the next.

import type { Place } from '../place.ts'
import { ground, outline, repeatedDown, shape, swayed } from '../shape-operations.ts'
import { circle } from '../signed-distance.ts'

export const underwater: Place = {
  phrases: ['under water', 'underwater', 'in the deep sea'],
  draw(pen, { hill, specks, time, phase }) {
    pen.gradient([0.22, 0.66, 0.84], [0.03, 0.18, 0.42])
    pen.wash([0.75, 0.95, 1], (x, y) => rays(5 * x + 3 * y + phase, 0.18 * Math.min(1, Math.max(0, 0.5 - 0.5 * y))))
    pen.fill(
      [0.8, 0.72, 0.48],
      ground((x) => 0.8 + 0.04 * Math.sin(3 * x + 5 * hill), 0.76),
    )
    for (let i = 0; i < 3; i++) {
      const x = -0.8 + 0.8 * i + 0.2 * hill
      const [top, root] = [0.37 - 0.1 * i, 0.82]
      const blade = shape({ left: x - 0.028, right: x + 0.028, top, bottom: root }, (u, v) =>
        Math.max(Math.abs(u - x) - 0.028, v - root, top - v),
      )
      const wave = (v: number): number => 0.07 * Math.sin(5 * (v - root) + phase + i) * Math.min(1, Math.max(0, root - v))
      pen.fill([0.1, 0.5, 0.32], swayed(blade, wave, 0.07))
    }
    for (const [sx, sy, own] of specks.slice(0, 4)) {
      const bubble = outline(circle(sx + 0.03 * Math.sin(phase + own), 0, 0.034), 0.008)
      pen.fill([0.85, 0.97, 1], repeatedDown(bubble, sy - time, 0.5), { opacity: 0.8 })
    }
  },
}

/** How opaque three rows of rays are over each other, each at most `strength`. */
function rays(angle: number, strength: number): number {
  let through = 1
  for (let i = 0; i < 3; i++) {
    const square = (0.5 + 0.5 * Math.sin(angle + 2.1 * i)) ** 2
    through *= 1 - strength * square * square * square
  }
  return 1 - through
}
