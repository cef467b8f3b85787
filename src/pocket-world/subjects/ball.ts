// A ball: bounces, and is flattened where it touches the ground.

import { black, white } from '../colour.ts'
import { inset, without } from '../shape-operations.ts'
import { ellipse } from '../signed-distance.ts'
import type { Subject } from '../subject.ts'

export const ball: Subject = {
  verb: 'bouncing',
  names: ['ball', 'rubber ball'],
  draw(pen, { colour, dark, line, size, x, time }) {
    const height = Math.abs(Math.sin(Math.PI * time))
    const squash = 1 - 0.26 * Math.max(0, 1 - 5 * height)
    const [a, b] = [0.27 / Math.sqrt(squash), 0.27 * squash]
    const floor = pen.at(x, 0.5 + 0.27 * size).scaled(size)
    floor.fill(black, ellipse(0, 0, 0.24 * (1.25 - 0.55 * height), 0.05), { opacity: 0.28, softness: 3 })

    const middle = pen.at(x, 0.46 - 0.92 * height - 0.27 * size * (1 - squash)).scaled(size)
    const body = ellipse(0, 0, a, b)
    middle.ink(colour, line, body)
    middle.fill(dark, without(inset(body, 0.02 / size), ellipse(-0.06, -0.08, a, b)))
    middle.fill(white, ellipse(-0.1, -0.12, 0.065, 0.045), { opacity: 0.85 })
  },
}
