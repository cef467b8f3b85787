// A mushroom: hops, and is squashed where it lands.

import { black, type Rgb } from '../colour.ts'
import { above, inset, intersection, mirrored } from '../shape-operations.ts'
import { box, circle, ellipse } from '../signed-distance.ts'
import type { Subject } from '../subject.ts'
import { eye } from './eye.ts'

const spot: Rgb = [0.98, 0.97, 0.94]
const spots = [
  [-0.19, -0.42, 0.075],
  [0.05, -0.53, 0.085],
  [0.24, -0.38, 0.06],
] as const

export const mushroom: Subject = {
  verb: 'hopping',
  names: ['mushroom'],
  likelyPlaces: ['forest'],
  draw(pen, { colour, line, size, x, time }) {
    const height = Math.abs(Math.sin(Math.PI * time))
    const squash = 1 - 0.22 * Math.max(0, 1 - 4 * height) + 0.06 * height
    const shadow = pen.at(x, 0.64).scaled(size)
    shadow.fill(black, ellipse(0, 0, 0.26 * (1.2 - 0.5 * height), 0.045), { opacity: 0.26, softness: 3 })

    const foot = pen
      .at(x, 0.62 - 0.4 * height)
      .stretched(1 / Math.sqrt(squash), squash)
      .scaled(size)
    foot.ink([0.96, 0.9, 0.8], [0.45, 0.36, 0.28], box(0, -0.17, 0.15, 0.19, 0.09 / size))
    const cap = intersection(ellipse(0, -0.32, 0.38, 0.32), above(-0.28))
    foot.ink(colour, line, cap)
    for (const [u, v, r] of spots) foot.fill(spot, intersection(circle(u, v, r), inset(cap, 0.02 / size)))
    for (const side of [1, -1]) eye(foot, side * 0.06, -0.17, 0.032)
    foot.fill([1, 0.6, 0.6], mirrored(circle(0.11, -0.11, 0.025)), { opacity: 0.7 })
  },
}
