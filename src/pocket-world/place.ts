// What a place is: the phrases for it and how it is drawn at a moment of its loop.

import type { Pen } from './pen.ts'

export interface Place {
  /** The first is the usual one. */
  readonly phrases: readonly string[]
  draw(pen: Pen, setting: Setting): void
}

export interface Setting {
  /** Moves hills, waves and trees. */
  readonly hill: number
  /** Where the clouds begin. */
  readonly cloud: number
  /** Stars, flakes, bubbles: ten places with the phase of each. */
  readonly specks: readonly Speck[]
  /** Of the loop, 0 to 1. */
  readonly time: number
  /** The same, 0 to 2π. */
  readonly phase: number
}

export type Speck = readonly [x: number, y: number, phase: number]
