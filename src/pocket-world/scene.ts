// A scene: everything that decides what a loop shows, and scenes drawn at random as the small model is trained on them.

import { type ColourName, colours } from './colour.ts'
import type { Speck } from './place.ts'
import { type PlaceName, placeNames } from './places.ts'
import { between, oneOf, type Random } from './random.ts'
import type { Subject } from './subject.ts'
import { type SubjectName, subjectNames, subjects } from './subjects.ts'

/** JSON. */
export interface Scene {
  readonly subject: SubjectName
  readonly colour: ColourName
  readonly place: PlaceName
  readonly size: SizeName
  /** What the size amounts to: 1 is ordinary. */
  readonly scale: number
  /** Of the subject, where it is free to move. */
  readonly x: number
  readonly y: number
  readonly facing: 1 | -1
  readonly cloud: number
  readonly hill: number
  /** Where in its motion the loop begins, 0 to 1. */
  readonly start: number
  readonly specks: readonly Speck[]
}

export const sizes = {
  small: { from: 0.62, to: 0.74, words: ['small', 'little', 'tiny'] },
  ordinary: { from: 0.86, to: 1.12, words: [] },
  big: { from: 1.28, to: 1.45, words: ['big', 'large', 'huge'] },
} as const

export type SizeName = keyof typeof sizes

export const colourNames = Object.keys(colours) as readonly ColourName[]

/** How often a subject is put where it is mostly seen. */
const likely = 0.35

/** `fixed` says what is not left to chance. */
export function randomScene(random: Random, fixed: Partial<Pick<Scene, 'subject' | 'colour' | 'place' | 'size'>> = {}): Scene {
  const subject = fixed.subject ?? oneOf(random, subjectNames)
  const { likelyPlaces }: Subject = subjects[subject]
  const place = fixed.place ?? oneOf(random, likelyPlaces && random() < likely ? likelyPlaces : placeNames)
  const size = fixed.size ?? oneOf(random, ['small', 'ordinary', 'ordinary', 'ordinary', 'big'] as const)
  const { from, to } = sizes[size]
  return {
    subject,
    place,
    size,
    scale: between(random, from, to),
    colour: fixed.colour ?? oneOf(random, colourNames),
    x: between(random, -0.24, 0.24),
    y: between(random, -0.16, 0.16),
    facing: random() < 0.5 ? -1 : 1,
    cloud: between(random, -1.4, 1.4),
    hill: between(random, -0.6, 0.6),
    start: random(),
    specks: Array.from({ length: 10 }, () => [between(random, -0.95, 0.95), between(random, -0.95, 0.95), between(random, 0, 2 * Math.PI)]),
  }
}
