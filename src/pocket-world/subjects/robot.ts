// A robot: waves twice a loop, its lamps glowing.

import type { Rgb } from '../colour.ts'
import { mirrored } from '../shape-operations.ts'
import { box, circle, ellipse, segment } from '../signed-distance.ts'
import type { Subject } from '../subject.ts'

const iron: Rgb = [0.35, 0.35, 0.42]
const steel: Rgb = [0.62, 0.64, 0.7]
const steelLine: Rgb = [0.25, 0.26, 0.32]

export const robot: Subject = {
  verb: 'waving',
  names: ['robot'],
  draw(pen, { colour, line, size, x, facing, phase }) {
    const body = pen.at(x, 0.16 + 0.02 * Math.sin(2 * phase)).scaled(size)
    const raised = 0.5 + 0.6 * Math.sin(2 * phase)
    const glow = 0.5 + 0.5 * Math.sin(phase)
    body.fill(iron, mirrored(box(0.12, 0.4, 0.05, 0.1)))
    const arms = body.facing(facing)
    const hand = [0.27 + 0.22 * Math.cos(raised), -0.08 - 0.22 * Math.sin(raised)] as const
    arms.ink(steel, steelLine, segment([0.27, -0.02], hand, 0.04))
    arms.ink(steel, steelLine, segment([-0.27, -0.02], [-0.37, 0.22], 0.04))
    body.ink(colour, line, box(0, 0.12, 0.25, 0.24, 0.05 / size))
    body.fill([0.93, 0.95, 0.97], box(0, 0.1, 0.13, 0.1, 0.02 / size))
    body.fill([0.3, 0.85, 0.5], box(-0.05, 0.1, 0.03, 0.03), { opacity: 0.4 })
    body.fill([1, 0.35, 0.3], circle(0.05, 0.1, 0.03), { opacity: 0.3 })
    body.fill([1, 0.9, 0.3], circle(0.05, 0.1, 0.03), { opacity: glow })

    const head = body.at(0, -0.34)
    head.fill(iron, box(0, -0.26, 0.012 / size, 0.08))
    head.fill([1, 0.3, 0.25], circle(0, -0.36, 0.045))
    head.fill([1, 0.95, 0.6], circle(0, -0.36, 0.045), { opacity: glow })
    head.ink(colour, line, box(0, 0, 0.27, 0.19, 0.06 / size))
    head.fill([0.12, 0.14, 0.22], box(0, 0, 0.21, 0.12, 0.04 / size))
    for (const side of [-1, 1]) head.fill([0.45, 0.95, 1], ellipse(side * 0.09, 0, 0.045, 0.05))
  },
}
