// A candle: its flame flickers and lights what is around it.

import { tint } from '../colour.ts'
import { swayed } from '../shape-operations.ts'
import { box, ellipse, segment } from '../signed-distance.ts'
import type { Subject } from '../subject.ts'

export const candle: Subject = {
  verb: 'flickering',
  names: ['candle'],
  draw(pen, { colour, light, line, size, x, phase }) {
    const wax = pen.at(x, 0.3).scaled(size)
    const flicker = 1 + 0.14 * Math.sin(2 * phase) + 0.07 * Math.sin(3 * phase + 1)
    const glow = 0.42 * Math.min(1.3, Math.max(0.7, flicker))
    pen.at(x, 0.3 - 0.42 * size).wash([1, 0.85, 0.4], (u, v) => glow * Math.exp(-((u * u + v * v) / (0.42 * size) ** 2)))
    wax.ink([0.55, 0.38, 0.22], [0.25, 0.15, 0.08], ellipse(0, 0.42, 0.26, 0.07))
    wax.ink(colour, line, box(0, 0.1, 0.14, 0.3, 0.03 / size))
    wax.fill(light, box(-0.07, 0.1, 0.025, 0.26, 0.02 / size), { opacity: 0.8 })
    wax.ink(tint(colour, 0.25), line, ellipse(0, -0.2, 0.14, 0.04))
    wax.fill([0.2, 0.15, 0.1], segment([0, -0.2], [0, -0.28], 0.012 / size))

    const flame = wax.at(0, -0.42)
    const lean = (v: number): number => 0.1 * Math.sin(phase) * Math.max(0, 0.12 - v)
    flame.fill([1, 0.52, 0.1], swayed(ellipse(0, 0, 0.085, 0.19 * flicker), lean, 0.06))
    flame.fill([1, 0.9, 0.4], swayed(ellipse(0, 0.05, 0.05, 0.11 * flicker), lean, 0.06))
    flame.fill([0.45, 0.65, 1], ellipse(0, 0.13, 0.03, 0.03), { opacity: 0.7 })
  },
}
