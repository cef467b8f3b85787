// What a subject is: the words for it, where it is mostly seen, and how it is drawn at a moment of its loop.

import type { Rgb } from './colour.ts'
import type { Pen } from './pen.ts'
import type { PlaceName } from './places.ts'

export interface Subject {
  /** What it does, as captions say it. */
  readonly verb: string
  /** What captions call it; its own name is among them. */
  readonly names: readonly string[]
  readonly likelyPlaces?: readonly PlaceName[]
  draw(pen: Pen, appearance: Appearance): void
}

export interface Appearance {
  readonly colour: Rgb
  readonly dark: Rgb
  readonly light: Rgb
  /** Of its outlines. */
  readonly line: Rgb
  /** 1 is ordinary. Widths that do not grow with it are divided by it where the pen is scaled by it. */
  readonly size: number
  readonly x: number
  readonly y: number
  readonly facing: 1 | -1
  /** Of the loop, 0 to 1. */
  readonly time: number
  /** The same, 0 to 2π. */
  readonly phase: number
}
