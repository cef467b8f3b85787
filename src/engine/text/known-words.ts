// Known words (a closed vocabulary): a model that was trained on a small world lists the words of that world in its folder's words.json. A
// word that such a text encoder never saw does not stand for nothing: before a red balloon, `cinematic photo` makes it a cat. So it reads
// those that it knows, and what people write besides is left out.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { readJson } from '../checkpoint/weight-folder.ts'
import type { Tokenizer } from './tokenizer.ts'

const lists = z.record(z.string(), z.array(z.string()))

const schema = z.object({
  /** Each with what it does. */
  subjects: z.record(z.string(), z.string()),
  /** What else its subjects are called; of several words the last is the noun. */
  names: lists.default({}),
  colours: z.array(z.string()),
  sizes: lists.default({}),
  /** Each with the words that say where. */
  places: z.record(z.string(), z.string()),
  /** Other ways to say where. */
  phrases: lists.default({}),
})

/** JSON; names, sizes and phrases may be missing. */
export type KnownWords = z.output<typeof schema>

/** Undefined for a model that lists no words, as those do that know all. @throws UserError `json-broken` */
export function knownWordsIn(folder: string): KnownWords | undefined {
  const path = join(folder, 'words.json')
  return existsSync(path) ? schema.safeParse(readJson(path)).data : undefined
}

/** What its subjects are called, in one word each. */
export const nounsOf = ({ names }: Pick<KnownWords, 'names'>, subject: string): string[] =>
  [subject, ...(names[subject] ?? [])].map((name) => wordsIn(name).at(-1)!)

/** Every word that can be read, by how it may be written: the plurals of nouns stand for their singulars. */
export function wordsBySpelling(words: KnownWords): ReadonlyMap<string, string> {
  const { subjects, names, colours, sizes, places, phrases } = words
  const pairs = [...Object.entries(subjects), ...Object.entries(places)].flat()
  const listed = [names, sizes, phrases].flatMap((list) => Object.values(list).flat())
  const all = [...articles, ...[...pairs, ...colours, ...listed].flatMap(wordsIn)]
  const nouns = Object.keys(subjects).flatMap((subject) => nounsOf(words, subject))
  const forms = nouns.flatMap((noun) => formsOf(noun).map((form) => [form, noun] as const))
  return new Map([...forms, ...all.map((word) => [word, word] as const)])
}

/** Lower-case, without what stands between them. */
export const wordsIn = (text: string): string[] => text.toLowerCase().match(/\p{L}[\p{L}\p{M}]*/gu) ?? []

/** Singular and plurals. */
export const formsOf = (noun: string): string[] => [noun, `${noun}s`, `${noun}es`, noun.replace(/y$/, 'ies')]

/** A tokenizer that passes over what is not among the words: other words, digits, every mark but commas between phrases of which words are left. */
export function readingOnly(words: KnownWords, tokenizer: Tokenizer): Tokenizer {
  const vocabulary = wordsBySpelling(words)
  const read = (phrase: string): string =>
    wordsIn(phrase)
      .flatMap((word) => vocabulary.get(word) ?? [])
      .join(' ')
  const readable = (text: string): string =>
    text
      .split(',')
      .flatMap((phrase) => (phrase.trim() === '' ? phrase : read(phrase) || []))
      .join(', ')
  return { ...tokenizer, unrestricted: tokenizer, encode: (text) => tokenizer.encode(readable(text)) }
}

const articles = ['a', 'an', 'the']
