// Draws what the classifier is trained and tested on: `node draw-frames.ts COUNT SEED OUT` writes frames.bin, [COUNT, 128, 128, 3] bytes,
// and labels.bin, [COUNT, 3] bytes: the numbers of subject, colour and place. All three come equally often, at any moment of the loop.

import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { placeNames } from '../../pocket-world/places.ts'
import { oneOf, seededRandom } from '../../pocket-world/random.ts'
import { renderFrame } from '../../pocket-world/render.ts'
import { colourNames, randomScene } from '../../pocket-world/scene.ts'
import { subjectNames } from '../../pocket-world/subjects.ts'

const [count, seed, out] = process.argv.slice(2) as [string, string, string]
mkdirSync(out, { recursive: true })
const [frames, labels] = [openSync(join(out, 'frames.bin'), 'w'), openSync(join(out, 'labels.bin'), 'w')]
const random = seededRandom(Number(seed))
for (let i = 0; i < Number(count); i++) {
  const scene = randomScene(random, { place: oneOf(random, placeNames) })
  writeSync(frames, renderFrame(scene, random()))
  writeSync(labels, Uint8Array.of(subjectNames.indexOf(scene.subject), colourNames.indexOf(scene.colour), placeNames.indexOf(scene.place)))
}
closeSync(frames)
closeSync(labels)
