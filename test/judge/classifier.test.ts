// The classifier on pictures it was not trained on: drawn truth of its own seeds, plain and in every look.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { accuracyOf, colourless, drawHeldOut } from '../../src/judge/accuracy.ts'
import { heads, openClassifier } from '../../src/judge/classifier.ts'
import { resize } from '../../src/media/pixels/resize.ts'
import { lookNames } from '../../src/pocket-world/looks.ts'
import { placeNames } from '../../src/pocket-world/places.ts'
import { usualSide } from '../../src/pocket-world/render.ts'
import { colourNames } from '../../src/pocket-world/scene.ts'
import { subjectNames } from '../../src/pocket-world/subjects.ts'

const classifier = await openClassifier({ threads: 1 })
after(() => classifier.release())

const heldOut = drawHeldOut(320)
const { frames } = heldOut

test('its heads have as many words as the world', () => {
  const words = { subject: subjectNames.length, colour: colourNames.length, place: placeNames.length, look: lookNames.length + 1 }
  assert.deepEqual({ ...heads }, words)
})

for (const name of ['plain', ...lookNames] as const) {
  test(`it is right in 99 of 100 pictures: ${name}`, async (t) => {
    const { subject, colour, place, look } = await accuracyOf(classifier, heldOut, name)
    t.diagnostic(`subject ${subject}, colour ${colour}, place ${place}, look ${look}`)
    assert.ok(subject >= 0.99 && place >= 0.99 && look >= 0.99, `subject ${subject}, place ${place}, look ${look}`)
    if (!colourless.has(name)) assert.ok(colour >= 0.99, `colour ${colour}`)
  })
}

test('half the size, and so half as sharp, is seen as well', async () => {
  const small = resize(frames, usualSide / 2, usualSide / 2)
  const { subject, colour, place } = await accuracyOf(classifier, { ...heldOut, frames: small }, 'plain')
  assert.ok(subject >= 0.97 && colour >= 0.97 && place >= 0.97, `subject ${subject}, colour ${colour}, place ${place}`)
})

test('how many are asked at once changes nothing', async () => {
  const first = { ...frames, count: 3, data: frames.data.subarray(0, 3 * usualSide ** 2 * 3) }
  const [three, all] = [await classifier.classify(first), await classifier.classify(frames)]
  for (const [i, { subject }] of three.entries()) {
    subject.forEach((value, k) => {
      assert.ok(Math.abs(value - all[i]!.subject[k]!) < 1e-3)
    })
  }
})
