import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { otherScene, promptOf, wholeWorld, wordsOfModel } from '../../src/judge/world-words.ts'
import { pocket } from '../../src/paths.ts'
import type { Place } from '../../src/pocket-world/place.ts'
import { places } from '../../src/pocket-world/places.ts'
import { colourNames, sizes } from '../../src/pocket-world/scene.ts'
import type { Subject } from '../../src/pocket-world/subject.ts'
import { subjects } from '../../src/pocket-world/subjects.ts'

const folder = mkdtempSync(join(tmpdir(), 'zoetrope-words-'))
after(() => rmSync(folder, { recursive: true }))

function wordsIn(words: unknown): ReturnType<typeof wordsOfModel> {
  writeFileSync(join(folder, 'words.json'), JSON.stringify(words))
  return wordsOfModel(folder)
}

const few = {
  subjects: { ball: 'jumping', comet: 'falling', cat: 'asleep' },
  colours: ['red', 'turquoise', 'black'],
  places: { sea: 'by the sea', snow: 'in deep snow' },
}

test('a folder that lists no words is asked for the whole world', () => {
  rmSync(join(folder, 'words.json'), { force: true })
  assert.equal(wordsOfModel(folder), wholeWorld)
})

test('the model that ships knows the whole world, in the world’s own words', () => {
  assert.deepEqual(wordsOfModel(pocket), wholeWorld)
  const said = JSON.parse(readFileSync(join(pocket, 'words.json'), 'utf8'))
  const otherNames = Object.entries<Subject>(subjects).map(([name, { names }]) => [name, names.filter((other) => other !== name)] as const)
  const scenery = Object.entries<Place>(places).map(([name, { phrases }]) => [name, phrases] as const)
  assert.deepEqual(said, {
    subjects: Object.fromEntries(Object.entries<Subject>(subjects).map(([name, { verb }]) => [name, verb])),
    names: Object.fromEntries(otherNames.filter(([, names]) => names.length > 0)),
    colours: colourNames,
    sizes: { small: sizes.small.words, big: sizes.big.words },
    places: Object.fromEntries(scenery.map(([name, [usual]]) => [name, usual])),
    phrases: Object.fromEntries(scenery.map(([name, [, ...others]]) => [name, others])),
  })
})

test('a model that knows a part is asked for what the world has of it, in its own phrases', () => {
  const words = wordsIn(few)
  const { subjects, colours, places, unknown, unjudged } = words
  assert.deepEqual({ subjects, colours, places }, { subjects: ['ball', 'cat'], colours: ['red', 'black'], places: ['sea', 'snow'] })
  assert.deepEqual([unknown.length, unjudged], [20 + 10 + 10 - 6, ['comet', 'turquoise']])
  const texts = Array.from({ length: 60 }, (_, seed) => promptOf(words, seed).text)
  for (const text of texts) assert.match(text, /^a (red|black) (ball( jumping)?|cat( asleep)?)( by the sea| in deep snow|, sea|, snow)$/)
  for (const form of [/jumping/, /asleep/, /by the sea$/, /in deep snow$/, /, snow$/]) assert.ok(texts.some((text) => form.test(text)))
})

test('a model that knows all of it is asked as the world’s captions go, whatever else it knows', () => {
  const everything = {
    subjects: Object.fromEntries(['comet', ...wholeWorld.subjects].map((name) => [name, 'moving'])),
    colours: wholeWorld.colours,
    places: Object.fromEntries(wholeWorld.places.map((name) => [name, `in ${name}`])),
  }
  const words = wordsIn(everything)
  assert.deepEqual([words.unknown, words.unjudged], [[], ['comet']])
  assert.deepEqual(promptOf(words, 4), promptOf(wholeWorld, 4))
})

test('a model of another world is refused, and a list that is none', () => {
  assert.throws(() => wordsIn({ ...few, colours: ['turquoise', 'red'] }), { code: 'judge-words', message: /shares hardly a word/ })
  assert.throws(() => wordsIn({ subjects: [] }), { code: 'judge-words', message: /should hold subjects, colours and places/ })
})

test('another drawing of a prompt shows the same words otherwise', () => {
  const prompt = promptOf(wholeWorld, 3)
  const { subject, colour, place, size, ...rest } = otherScene(prompt)
  const { subject: s, colour: c, place: p, size: z, ...others } = prompt.scene
  assert.deepEqual([subject, colour, place, size], [s, c, p, z])
  assert.notDeepEqual(rest, others)
})
