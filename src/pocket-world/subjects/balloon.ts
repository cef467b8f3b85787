// A balloon on a string: rises and sinks, drifting.

import { white } from '../colour.ts'
import { inset, swayed, without } from '../shape-operations.ts'
import { ellipse, polygon, segment } from '../signed-distance.ts'
import type { Subject } from '../subject.ts'

export const balloon: Subject = {
  verb: 'floating',
  names: ['balloon'],
  draw(pen, { colour, dark, line, size, x, y, phase }) {
    const skin = pen.at(x + 0.06 * Math.sin(phase), y - 0.06 + 0.14 * Math.cos(phase)).scaled(size)
    const string = segment([0, 0.36], [0, 0.8], 0.011 / size)
    skin.fill(
      [0.97, 0.97, 0.97],
      swayed(string, (v) => (0.035 * Math.sin(7 * size * v - phase)) / size, 0.035 / size),
    )
    skin.ink(dark, line, polygon([0, 0.29], [-0.06, 0.39], [0.06, 0.39]))
    const body = ellipse(0, 0, 0.28, 0.33)
    skin.ink(colour, line, body)
    skin.fill(dark, without(inset(body, 0.02 / size), ellipse(-0.06, -0.06, 0.28, 0.33)))
    skin.fill(white, ellipse(-0.11, -0.14, 0.05, 0.085), { opacity: 0.8 })
  },
}
