// The classifier on pictures it was not trained on: drawn truth of its own seeds, plain and in every look.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Frames } from '../../src/engine/frames.ts'
import { type Logits, openClassifier } from '../../src/judge/classifier.ts'
import { heads } from '../../src/judge/classifier-net.ts'
import { resize } from '../../src/media/resize.ts'
import { inLook, type LookName, lookNames } from '../../src/pocket-world/looks.ts'
import { placeNames } from '../../src/pocket-world/places.ts'
import { oneOf, seededRandom } from '../../src/pocket-world/random.ts'
import { renderFrame } from '../../src/pocket-world/render.ts'
import { colourNames, randomScene } from '../../src/pocket-world/scene.ts'
import { subjectNames } from '../../src/pocket-world/subjects.ts'

const classifier = await openClassifier({ threads: 1 })
after(() => classifier.release())

const count = 320
const side = 128
const random = seededRandom(2026)
const scenes = Array.from({ length: count }, () => randomScene(random, { place: oneOf(random, placeNames) }))
const frames: Frames = { count, width: side, height: side, data: Buffer.concat(scenes.map((scene) => renderFrame(scene, random()))) }

const winner = (logits: Float32Array): number => logits.indexOf(Math.max(...logits))

/** Of a hundred. */
function right(answers: readonly Logits[], look: LookName | 'plain'): Record<keyof Logits, number> {
  const share = (of: (answer: Logits, i: number) => boolean): number => (100 * answers.filter(of).length) / answers.length
  return {
    subject: share(({ subject }, i) => subjectNames[winner(subject)] === scenes[i]!.subject),
    colour: share(({ colour }, i) => colourNames[winner(colour)] === scenes[i]!.colour),
    place: share(({ place }, i) => placeNames[winner(place)] === scenes[i]!.place),
    look: share((answer) => ['plain', ...lookNames][winner(answer.look)] === look),
  }
}

test('its heads have as many words as the world', () => {
  const words = { subject: subjectNames.length, colour: colourNames.length, place: placeNames.length, look: lookNames.length + 1 }
  assert.deepEqual({ ...heads }, words)
})

for (const look of ['plain', ...lookNames] as const) {
  test(`it is right in 99 of 100 pictures: ${look}`, async (t) => {
    const { subject, colour, place, look: seen } = right(await classifier.classify(look === 'plain' ? frames : inLook(frames, look)), look)
    t.diagnostic(`subject ${subject.toFixed(1)}, colour ${colour.toFixed(1)}, place ${place.toFixed(1)}, look ${seen.toFixed(1)}`)
    assert.ok(subject >= 99 && place >= 99 && seen >= 99, `subject ${subject}, place ${place}, look ${seen}`)
    // Sepia, pencil and noir leave no colour to be named.
    if (!['sepia', 'pencil', 'noir'].includes(look)) assert.ok(colour >= 99, `colour ${colour}`)
  })
}

test('half the size, and so half as sharp, is seen as well', async () => {
  const { subject, colour, place } = right(await classifier.classify(resize(frames, side / 2, side / 2)), 'plain')
  assert.ok(subject >= 97 && colour >= 97 && place >= 97, `subject ${subject}, colour ${colour}, place ${place}`)
})

test('how many are asked at once changes nothing', async () => {
  const first = { ...frames, count: 3, data: frames.data.subarray(0, 3 * side * side * 3) }
  const [three, all] = [await classifier.classify(first), await classifier.classify(frames)]
  for (const [i, { subject }] of three.entries()) {
    subject.forEach((value, k) => {
      assert.ok(Math.abs(value - all[i]!.subject[k]!) < 1e-3)
    })
  }
})
