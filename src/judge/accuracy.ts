// The classifier's own accuracy, on drawings that it was not trained on: how far its word can be trusted.

import type { Frames } from '../engine/index.ts'
import { inLook, type LookName, lookNames } from '../pocket-world/looks.ts'
import { placeNames } from '../pocket-world/places.ts'
import { oneOf, type Random, seededRandom } from '../pocket-world/random.ts'
import { renderFrame, usualSide } from '../pocket-world/render.ts'
import { colourNames, randomScene, type Scene } from '../pocket-world/scene.ts'
import { subjectNames } from '../pocket-world/subjects.ts'
import type { Classifier, Head } from './classifier.ts'

/** Shares, 0 to 1. */
export type Accuracy = Readonly<Record<Head, number>>

export interface HeldOut {
  readonly scenes: readonly Scene[]
  /** One of each, at a moment of its own. */
  readonly frames: Frames
}

/** What of a look's pictures no colour can be read: greys, browns, or pencil. */
export const colourless: ReadonlySet<string> = new Set(['sepia', 'pencil', 'noir'] satisfies LookName[])

/** `seed` is none that draw-frames.ts was run with. */
export function drawHeldOut(count: number, seed = 2026): HeldOut {
  const random = seededRandom(seed)
  const scenes = Array.from({ length: count }, () => anyScene(random))
  const data = Buffer.concat(scenes.map((scene) => renderFrame(scene, random())))
  return { scenes, frames: { count, width: usualSide, height: usualSide, data } }
}

export async function accuracyOf(classifier: Classifier, { scenes, frames }: HeldOut, look: LookName | 'plain'): Promise<Accuracy> {
  const answers = await classifier.classify(look === 'plain' ? frames : inLook(frames, look))
  const share = (head: Head, names: readonly string[], wanted: (scene: Scene) => string): number =>
    answers.filter((answer, i) => names[winner(answer[head])] === wanted(scenes[i]!)).length / answers.length
  return {
    subject: share('subject', subjectNames, ({ subject }) => subject),
    colour: share('colour', colourNames, ({ colour }) => colour),
    place: share('place', placeNames, ({ place }) => place),
    look: share('look', ['plain', ...lookNames], () => look),
  }
}

/** All places equally often, as it was trained. */
const anyScene = (random: Random): Scene => randomScene(random, { place: oneOf(random, placeNames) })

const winner = (logits: Float32Array): number => logits.indexOf(Math.max(...logits))
