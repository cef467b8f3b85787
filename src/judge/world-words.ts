// The words of a small model, and prompts made of them: of what its folder's words.json lists, what the drawn world has too. A model that
// knows all of the world is asked in every form that captions take, another one in the form and phrases that its own list gives.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type KnownWords, knownWordsIn } from '../engine/index.ts'
import { UserError } from '../errors.ts'
import { randomCaption } from '../pocket-world/caption.ts'
import type { ColourName } from '../pocket-world/colour.ts'
import { type PlaceName, placeNames } from '../pocket-world/places.ts'
import { oneOf, type Random, seededRandom } from '../pocket-world/random.ts'
import { colourNames, randomScene, type Scene } from '../pocket-world/scene.ts'
import { type SubjectName, subjectNames } from '../pocket-world/subjects.ts'

/** JSON. What can be asked and judged. */
export interface WorldWords {
  readonly subjects: readonly SubjectName[]
  readonly colours: readonly ColourName[]
  readonly places: readonly PlaceName[]
  /** Words of the world that the model does not know; nothing is asked of them. */
  readonly unknown: readonly string[]
  /** Words of the model that the world does not have: whether it draws them right, nobody says. */
  readonly unjudged: readonly string[]
  /** The model's own, where it does not know the whole world: verb and phrase by subject and place. */
  readonly own?: OwnWords
}

type OwnWords = Pick<KnownWords, 'subjects' | 'colours' | 'places'>

export const wholeWorld: WorldWords = { subjects: subjectNames, colours: colourNames, places: placeNames, unknown: [], unjudged: [] }

/** A folder without words.json is taken to know the whole world. @throws UserError `judge-words` where it knows too little of it */
export function wordsOfModel(folder: string): WorldWords {
  const path = join(folder, 'words.json')
  if (!existsSync(path)) return wholeWorld
  const own = knownWordsIn(folder)
  if (!own) throw new UserError('judge-words', `${path} should hold subjects, colours and places.`, { path })
  const known = [Object.keys(own.subjects), own.colours, Object.keys(own.places)] as const
  const subjects = subjectNames.filter((name) => known[0].includes(name))
  const colours = colourNames.filter((name) => known[1].includes(name))
  const places = placeNames.filter((name) => known[2].includes(name))
  if (subjects.length < 2 || colours.length < 2 || places.length < 2) {
    throw new UserError('judge-words', `${path} shares hardly a word with the drawn world: this model cannot be judged.`, { path })
  }
  const judged = new Set<string>([...subjects, ...colours, ...places])
  const unknown = [...subjectNames, ...colourNames, ...placeNames].filter((name) => !judged.has(name))
  const unjudged = known.flat().filter((name) => !judged.has(name))
  return { subjects, colours, places, unknown, unjudged, ...(unknown.length > 0 && { own }) }
}

export interface Prompt {
  readonly seed: number
  readonly text: string
  /** One drawing of it. */
  readonly scene: Scene
}

export function promptOf(words: WorldWords, seed: number): Prompt {
  const random = seededRandom(seed)
  if (words.own === undefined) {
    const scene = randomScene(random)
    return { seed, scene, text: randomCaption(random, scene) }
  }
  const [subject, colour, place] = [oneOf(random, words.subjects), oneOf(random, words.colours), oneOf(random, words.places)]
  const scene = randomScene(random, { subject, place, colour, size: 'ordinary' })
  return { seed, scene, text: ownCaption(random, scene, words.own) }
}

function ownCaption(random: Random, { subject, colour, place }: Scene, { subjects, places }: OwnWords): string {
  const verb = random() < 0.6 ? ` ${subjects[subject]}` : ''
  return `a ${colour} ${subject}${verb}${random() < 0.8 ? ` ${places[place]}` : `, ${place}`}`
}

/** Another drawing of the same words: what a model could have drawn that makes no mistake. */
export const otherScene = ({ seed, scene: { subject, colour, place, size } }: Prompt): Scene =>
  randomScene(seededRandom(~seed), { subject, colour, place, size })
