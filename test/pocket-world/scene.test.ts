import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomCaption } from '../../src/pocket-world/caption.ts'
import { placeNames, places } from '../../src/pocket-world/places.ts'
import { seededRandom } from '../../src/pocket-world/random.ts'
import { colourNames, randomScene, type Scene } from '../../src/pocket-world/scene.ts'
import { subjectNames, subjects } from '../../src/pocket-world/subjects.ts'

const count = 4000
const random = seededRandom(11)
const drawn = Array.from({ length: count }, () => {
  const scene = randomScene(random)
  return { scene, caption: randomCaption(random, scene) }
})

const share = (of: (scene: Scene, caption: string) => boolean): number =>
  drawn.filter(({ scene, caption }) => of(scene, caption)).length / count

/** Within four standard deviations of what it should be. */
function isAbout(got: number, expected: number, name: string): void {
  const room = 4 * Math.sqrt((expected * (1 - expected)) / count)
  assert.ok(Math.abs(got - expected) < room, `${name}: ${got}, not ${expected}`)
}

test('the same seed gives the same scene, another one another', () => {
  assert.deepEqual(randomScene(seededRandom(5)), randomScene(seededRandom(5)))
  assert.notDeepEqual(randomScene(seededRandom(5)), randomScene(seededRandom(6)))
})

test('subjects, colours and sizes come as often as they are trained on', () => {
  for (const name of subjectNames)
    isAbout(
      share(({ subject }) => subject === name),
      1 / 20,
      name,
    )
  for (const name of colourNames)
    isAbout(
      share(({ colour }) => colour === name),
      1 / 10,
      name,
    )
  isAbout(
    share(({ size }) => size === 'big'),
    0.2,
    'big',
  )
  isAbout(
    share(({ size }) => size === 'small'),
    0.2,
    'small',
  )
  for (const { scene } of drawn) {
    assert.ok(Math.abs(scene.x) <= 0.24 && Math.abs(scene.y) <= 0.16 && Math.abs(scene.hill) <= 0.6 && Math.abs(scene.cloud) <= 1.4)
    const [from, to] = { small: [0.62, 0.74], ordinary: [0.86, 1.12], big: [1.28, 1.45] }[scene.size] as [number, number]
    assert.ok(scene.scale >= from && scene.scale <= to && scene.specks.length === 10)
  }
})

test('a boat is mostly at sea, a ball anywhere', () => {
  const boats = drawn.filter(({ scene }) => scene.subject === 'boat')
  const atSea = boats.filter(({ scene }) => scene.place === 'sea').length / boats.length
  assert.ok(Math.abs(atSea - (0.35 + 0.65 / 10)) < 0.15, `${atSea}`)
  const balls = drawn.filter(({ scene }) => scene.subject === 'ball')
  for (const name of placeNames)
    assert.ok(
      balls.some(({ scene }) => scene.place === name),
      name,
    )
})

test('what is fixed is not left to chance', () => {
  const fixed = { subject: 'cat', colour: 'black', place: 'snow', size: 'big' } as const
  const { subject, colour, place, size } = randomScene(seededRandom(1), fixed)
  assert.deepEqual({ subject, colour, place, size }, fixed)
})

test('captions say subject, colour and place, in the forms that the model is trained on', () => {
  for (const { scene, caption } of drawn) {
    const names = subjects[scene.subject].names.join('|')
    const sizes = { small: '(small|little|tiny) ', ordinary: '', big: '(big|large|huge) ' }[scene.size]
    const thing = `(${sizes})?${scene.colour} (${names})`
    const where = `( (${places[scene.place].phrases.join('|')})|, ${scene.place})`
    const whole = new RegExp(`^((a|an) ${thing}( ${subjects[scene.subject].verb})?${where}|${scene.colour} (${names}), ${scene.place})$`)
    assert.match(caption, whole)
    assert.match(caption, /^(?!an [^aeio])(?!a [aeio])/)
  }
})

test('captions vary as often as they are trained on', () => {
  isAbout(
    share((_, caption) => !/^an? /.test(caption)),
    0.1,
    'bare',
  )
  isAbout(
    share((_, caption) => /^an? .*, /.test(caption)),
    0.1,
    'with a comma',
  )
  isAbout(
    share(({ subject }, caption) => caption.includes(` ${subjects[subject].verb}`)),
    0.45,
    'with a verb',
  )
  isAbout(
    share(({ size }, caption) => size === 'big' && /big|large|huge/.test(caption)),
    0.2 * 0.9 * 0.8,
    'called big',
  )
})
