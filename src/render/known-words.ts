// Known words (a vocabulary check): a small model knows a small world, which its folder lists in words.json. A prompt with other words is
// rendered all the same, with one note that says which of them it does not know, and what it drew.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Note } from '../errors.ts'
import type { ModelFiles } from '../jobs/request.ts'

const lists = z.record(z.string(), z.array(z.string()))

const schema = z.object({
  subjects: z.record(z.string(), z.string()),
  /** What else its subjects are called; of several words the last is the noun. */
  names: lists.default({}),
  colours: z.array(z.string()),
  sizes: lists.default({}),
  places: z.record(z.string(), z.string()),
  /** Other ways to say where. */
  phrases: lists.default({}),
})

export type KnownWords = z.input<typeof schema>

/** @param prompt the person's own, without what a style adds. @returns undefined where the model knows its words, or is no small one */
export function noteOnUnknownWords(files: ModelFiles, prompt: string): Note | undefined {
  const known = knownWordsOf(files)
  return known && remark(known, prompt)
}

/** Undefined for a model that lists no words. */
export function knownWordsOf({ checkpoint }: ModelFiles): Required<KnownWords> | undefined {
  const path = join(checkpoint, 'words.json')
  return existsSync(path) ? schema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data : undefined
}

/** More would be a lecture. */
const mostUnknown = 5

/** Its data names the words, so that nobody need be told of the same one twice. */
export function remark(world: KnownWords, prompt: string): Note | undefined {
  const { names = {}, sizes = {}, phrases = {} } = world
  const words = wordsOf(prompt)
  const subjects = Object.keys(world.subjects)
  const nounsOf = (subject: string) => [subject, ...(names[subject] ?? [])].map((name) => wordsOf(name).at(-1)!)
  const known = subjects.filter((subject) => nounsOf(subject).some((noun) => words.some((word) => isForm(word, noun))))
  const lists = [names, sizes, phrases].flatMap((list) => Object.values(list).flat())
  const pairs = [...Object.entries(world.subjects), ...Object.entries(world.places)].flat()
  const vocabulary = new Set([...pairs, ...world.colours, ...lists].flatMap(wordsOf))
  const nouns = subjects.flatMap(nounsOf)
  const isKnown = (word: string) => vocabulary.has(word) || functionWords.has(word) || nouns.some((noun) => isForm(word, noun))
  const unknown = [...new Set(words)].filter((word) => !isKnown(word)).slice(0, mostUnknown)
  if (known.length > 0) {
    if (unknown.length === 0) return undefined
    const drawn = listed(known.map((subject) => `a ${subject}`))
    const message = `The small model knows ${listed(known)}, not ${listed(unknown)}: it drew ${drawn}.`
    return { code: 'small-world-partly', message, data: { known, unknown } }
  }
  const data = { subjects, unknown }
  if (unknown.some((word) => /[^\p{Script=Latin}]/u.test(word))) {
    return { code: 'small-world-english', message: `The small model reads English, and knows ${listed(subjects)}.`, data }
  }
  if (unknown.length === 0)
    return { code: 'small-world-empty', message: `The small model knows ${listed(subjects)}: name one of them.`, data }
  return { code: 'small-world', message: `The small model does not know ${listed(unknown)}. It knows ${listed(subjects)}.`, data }
}

/** Without what the grammar of prompts puts among them. */
function wordsOf(text: string): string[] {
  const plain = text.replaceAll(/<[^<>]*>/g, ' ').replaceAll(/\b(?:BREAK|AND)\b/g, ' ')
  return plain.toLowerCase().match(/\p{L}[\p{L}\p{M}]*/gu) ?? []
}

const isForm = (word: string, noun: string): boolean => [noun, `${noun}s`, `${noun}es`, noun.replace(/y$/, 'ies')].includes(word)

/** They change nothing that the small model could draw otherwise. */
const functionWords = new Set(
  'a an the of in on at over under above below by with and or to from into near is are its it this that there while as some one'.split(' '),
)

const listed = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
