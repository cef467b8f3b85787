// A flying saucer: hovers, tilting, its beam swelling and its lamps lit in turn.

import { above, intersection, mirrored } from '../shape-operations.ts'
import { circle, ellipse, polygon } from '../signed-distance.ts'
import type { Subject } from '../subject.ts'

const lamps = 5

export const ufo: Subject = {
  verb: 'hovering',
  names: ['ufo', 'flying saucer'],
  likelyPlaces: ['night sky', 'city'],
  draw(pen, { colour, light, line, size, x, y, phase }) {
    const saucer = pen
      .at(x + 0.07 * Math.sin(phase), y - 0.14 - 0.05 * Math.sin(2 * phase))
      .turned(0.14 * Math.sin(phase))
      .scaled(size)
    const brightness = 0.55 + 0.45 * Math.sin(phase + 1)
    const beam = polygon([-0.14, 0.05], [0.14, 0.05], [0.4, 0.72], [-0.4, 0.72])
    saucer.fill([0.75, 1, 0.55], beam, { opacity: 0.22 + 0.38 * brightness, softness: 3 })
    const dome = above(-0.02)
    saucer.ink([0.72, 0.92, 0.98], [0.25, 0.4, 0.5], intersection(circle(0, -0.06, 0.21), dome))
    saucer.fill([0.3, 0.75, 0.35], intersection(ellipse(0, -0.1, 0.09, 0.11), dome))
    saucer.fill([0.1, 0.1, 0.1], mirrored(ellipse(0.035, -0.13, 0.018, 0.03)))
    saucer.ink(colour, line, ellipse(0, 0, 0.46, 0.135))
    saucer.fill(light, intersection(ellipse(0, 0, 0.43, 0.11), above(-0.04)), { opacity: 0.6 })
    for (let i = 0; i < lamps; i++) {
      const lamp = circle(-0.32 + 0.16 * i, 0.035, 0.034)
      saucer.fill([0.45, 0.35, 0.15], lamp)
      saucer.fill([1, 0.95, 0.5], lamp, { opacity: 0.5 + 0.5 * Math.sin(phase + (2 * Math.PI * i) / lamps) })
    }
  },
}
