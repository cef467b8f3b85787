// Captions: what a person might ask for to be shown a scene. `a big red kitten sitting in the woods`, `yellow boat, sea`.

import type { Place } from './place.ts'
import { places } from './places.ts'
import { oneOf, type Random } from './random.ts'
import { type Scene, sizes } from './scene.ts'
import type { Subject } from './subject.ts'
import { subjects } from './subjects.ts'

export function randomCaption(
  random: Random,
  { subject, colour, place, size }: Pick<Scene, 'subject' | 'colour' | 'place' | 'size'>,
): string {
  const { names, verb }: Subject = subjects[subject]
  const { phrases }: Place = places[place]
  const { words } = sizes[size]
  const noun = random() < 0.4 ? oneOf(random, names) : subject
  const adjectives = words.length > 0 && random() < 0.8 ? [oneOf<string>(random, words), colour] : [colour]
  const thing = [...adjectives, noun].join(' ')
  const moving = random() < 0.5 ? `${thing} ${verb}` : thing
  const phrase = random() < 0.6 ? oneOf(random, phrases) : phrases[0]
  const form = random()
  if (form >= 0.9) return `${colour} ${noun}, ${place}`
  return `${articleFor(thing)} ${moving}${form < 0.8 ? ` ${phrase}` : `, ${place}`}`
}

const articleFor = (thing: string): string => (/^[aeio]/.test(thing) ? 'an' : 'a')
