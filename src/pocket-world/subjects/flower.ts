// A flower in the ground: sways, bending more the higher it is.

import { type Rgb, tint } from '../colour.ts'
import { swayed, turned } from '../shape-operations.ts'
import { circle, ellipse, type Shape, segment } from '../signed-distance.ts'
import type { Subject } from '../subject.ts'
import { eye } from './eye.ts'

const petals = 6
const green: Rgb = [0.1, 0.3, 0.12]

export const flower: Subject = {
  verb: 'swaying',
  names: ['flower'],
  draw(pen, { colour, line, size, x, phase }) {
    const root = pen.at(x, 0.68).scaled(size)
    const lean = 0.2 * Math.sin(phase) * size
    const bend = (shape: Shape): Shape => swayed(shape, (v) => lean * Math.max(0, -v) ** 2, Math.abs(lean) * 1.2)
    root.ink([0.24, 0.58, 0.24], green, bend(segment([0, 0.1 / size], [0, -0.74], 0.028 / size)))
    root.ink([0.3, 0.66, 0.28], green, bend(turned(ellipse(0.13, -0.2, 0.14, 0.06), [0.13, -0.2], 0.4)))
    for (let i = 0; i < petals; i++) {
      const angle = (i / petals) * 2 * Math.PI + 0.3
      const petal = circle(0.18 * Math.cos(angle), -0.78 + 0.18 * Math.sin(angle), 0.125)
      root.ink(i % 2 === 1 ? colour : tint(colour, 0.18), line, bend(petal), 0.018)
    }
    root.ink([0.99, 0.82, 0.22], [0.6, 0.4, 0.05], bend(circle(0, -0.78, 0.125)))
    for (const side of [1, -1]) eye(root, side * 0.045, -0.78 - 0.01 / size, 0.02, bend)
  },
}
