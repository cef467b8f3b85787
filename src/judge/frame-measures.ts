// What single frames of a loop show of what was asked, each for itself: how sure the classifier is, and how many are right.

import { placeNames } from '../pocket-world/places.ts'
import { colourNames } from '../pocket-world/scene.ts'
import { subjectNames } from '../pocket-world/subjects.ts'
import type { Logits } from './classifier.ts'
import { logProbabilities, wordsOf } from './judgement.ts'
import type { Prompt, WorldWords } from './world-words.ts'

/** Percent, means over frames. */
export interface FrameMeasures {
  /** Probability of the words that were asked, the mean over subject, colour and place. */
  readonly text: number
  readonly subject: number
  readonly colour: number
  readonly place: number
}

const heads = { subject: subjectNames, colour: colourNames, place: placeNames } as const
const headNames = ['subject', 'colour', 'place'] as const

export function frameMeasuresOf(frames: readonly Logits[], { scene }: Prompt, words: WorldWords): FrameMeasures {
  const percent = (values: readonly number[]): number => (100 * values.reduce((sum, value) => sum + value, 0)) / values.length
  const shown = frames.map((frame) => wordsOf([frame], words))
  const right = (head: (typeof headNames)[number]): number => percent(shown.map((it) => Number(it[head] === scene[head])))
  const sure = frames.flatMap((frame) =>
    headNames.map((head) => Math.exp(logProbabilities(frame[head])[(heads[head] as readonly string[]).indexOf(scene[head])]!)),
  )
  return { text: percent(sure), subject: right('subject'), colour: right('colour'), place: right('place') }
}
