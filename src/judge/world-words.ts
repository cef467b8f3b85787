// The words of the small model's two editions, and prompts made of them. The second is the world of src/pocket-world; the first knew half
// of it, drawn otherwise and at 64 × 64.

import { randomCaption } from '../pocket-world/caption.ts'
import type { ColourName } from '../pocket-world/colour.ts'
import { type PlaceName, placeNames, places } from '../pocket-world/places.ts'
import { oneOf, type Random, seededRandom } from '../pocket-world/random.ts'
import { colourNames, randomScene, type Scene } from '../pocket-world/scene.ts'
import { type SubjectName, subjectNames, subjects } from '../pocket-world/subjects.ts'

export interface WorldWords {
  readonly subjects: readonly SubjectName[]
  readonly colours: readonly ColourName[]
  readonly places: readonly PlaceName[]
}

export type World = 'first' | 'second'

export const worldWords: Readonly<Record<World, WorldWords>> = {
  first: {
    subjects: ['ball', 'star', 'fish', 'boat', 'balloon', 'flower', 'bird', 'ghost', 'heart', 'rocket'],
    colours: ['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'pink', 'white'],
    places: ['meadow', 'sea', 'night sky', 'desert', 'snow', 'blue sky'],
  },
  second: { subjects: subjectNames, colours: colourNames, places: placeNames },
}

export interface Prompt {
  readonly seed: number
  readonly text: string
  /** One drawing of it. */
  readonly scene: Scene
}

export function promptOf(world: World, seed: number): Prompt {
  const random = seededRandom(seed)
  if (world === 'second') {
    const scene = randomScene(random)
    return { seed, scene, text: randomCaption(random, scene) }
  }
  const words = worldWords.first
  const subject = oneOf(random, words.subjects)
  const place = subject === 'boat' && random() < 0.7 ? 'sea' : oneOf(random, words.places)
  const scene = randomScene(random, { subject, place, colour: oneOf(random, words.colours), size: 'ordinary' })
  return { seed, scene, text: firstCaption(random, scene) }
}

/** As that edition was trained: the article is always `a`. */
function firstCaption(random: Random, { subject, colour, place }: Scene): string {
  const verb = random() < 0.6 ? ` ${subjects[subject].verb}` : ''
  return `a ${colour} ${subject}${verb}${random() < 0.8 ? ` ${places[place].phrases[0]}` : `, ${place}`}`
}

/** Another drawing of the same words: what a model could have drawn that makes no mistake. */
export const otherScene = ({ seed, scene: { subject, colour, place, size } }: Prompt): Scene =>
  randomScene(seededRandom(~seed), { subject, colour, place, size })
