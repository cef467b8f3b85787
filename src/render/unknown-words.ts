// Unknown words: a model of a small world passes over what it does not know (engine/text/known-words.ts). What is drawn comes with one note
// that says which words these are, and what it drew.

import { formsOf, type KnownWords, knownWordsIn, nounsOf, wordsBySpelling, wordsIn } from '../engine/index.ts'
import type { Note } from '../errors.ts'
import type { ModelFiles } from '../jobs/request.ts'

/** @param prompt the person's own, without what a style adds. @returns undefined where the model knows its words, or is no small one */
export function noteOnUnknownWords({ checkpoint }: ModelFiles, prompt: string): Note | undefined {
  const known = knownWordsIn(checkpoint)
  return known && remark(known, prompt)
}

/** More would be a lecture. */
const mostUnknown = 5

/** Its data names the words, so that nobody need be told of the same one twice. */
export function remark(world: KnownWords, prompt: string): Note | undefined {
  const words = wordsOf(prompt)
  const subjects = Object.keys(world.subjects)
  const known = subjects.filter((subject) => nounsOf(world, subject).some((noun) => words.some((word) => formsOf(noun).includes(word))))
  const read = wordsBySpelling(world)
  const isKnown = (word: string) => read.has(word) || functionWords.has(word)
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
  return wordsIn(plain)
}

/** Nobody misses them. */
const functionWords = new Set(
  'a an the of in on at over under above below by with and or to from into near is are its it this that there while as some one'.split(' '),
)

const listed = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
