// A butterfly: its wings close and open twice a loop.

import { type Rgb, tint } from '../colour.ts'
import { mirrored, turned } from '../shape-operations.ts'
import { circle, ellipse, segment } from '../signed-distance.ts'
import type { Subject } from '../subject.ts'

const bodyColour: Rgb = [0.2, 0.14, 0.18]

export const butterfly: Subject = {
  verb: 'fluttering',
  names: ['butterfly'],
  likelyPlaces: ['meadow'],
  draw(pen, { colour, light, line, size, x, y, phase }) {
    const body = pen.at(x + 0.05 * Math.sin(phase), y + 0.06 * Math.cos(2 * phase)).scaled(size)
    const open = 0.3 + 0.7 * Math.abs(Math.cos(phase))
    const wings = body.stretched(open, 1).measuring(open)
    wings.ink(colour, line, mirrored(turned(ellipse(0.22, -0.13, 0.22, 0.16), [0.22, -0.13], -0.5)))
    wings.ink(tint(colour, 0.25), line, mirrored(turned(ellipse(0.17, 0.15, 0.17, 0.12), [0.17, 0.15], 0.6)))
    wings.fill(light, mirrored(circle(0.24, -0.15, 0.07)))
    wings.fill(light, mirrored(circle(0.18, 0.16, 0.045)))
    body.fill(bodyColour, ellipse(0, 0, 0.035, 0.23))
    body.fill(bodyColour, mirrored(segment([0, -0.2], [0.09, -0.36], 0.01 / size)))
    body.fill(bodyColour, mirrored(circle(0.09, -0.36, 0.022)))
  },
}
