// A locale: one language, with sentences by key, helps of commands and options by path, notes and errors by code.
// Adding one: a file like zh.ts, a line below.

import type { Note } from '../../errors.ts'
import type { Line } from '../contract/reply.ts'
import type { SentenceKey } from './en.ts'
import { en } from './en.ts'
import { durationIn, fill } from './fill.ts'
import { zh } from './zh.ts'

export interface Locale {
  /** BCP 47; Discord's names for languages are among these. The first is the page's. */
  readonly tags: readonly [string, ...string[]]
  readonly sentences: Readonly<Record<SentenceKey, string>>
  /** 'animate', 'animate.prompt', 'settings.block', 'settings.block.words'; '*.words' for an option in every command. Absent: the English of the declaration. */
  readonly help: Readonly<Record<string, string>>
  /** Values of choice options as people read them. Absent: as they are typed. */
  readonly choices: Readonly<Record<string, string>>
  /** Templates for notes and UserErrors by code, filled from their data. Absent: their own English. */
  readonly notes: Readonly<Record<string, string>>
}

export const english: Locale = { tags: ['en', 'en-US', 'en-GB'], sentences: en, help: {}, choices: {}, notes: {} }

export const locales: readonly Locale[] = [english, zh]

/** The nearest there is: 'zh-TW' gets zh, what is unknown gets English. */
export function localeFor(tag: string | undefined): Locale {
  if (!tag) return english
  const exact = locales.find(({ tags }) => tags.some((known) => known.toLowerCase() === tag.toLowerCase()))
  const language = tag.split('-')[0]!.toLowerCase()
  return exact ?? locales.find(({ tags }) => tags.some((known) => known.split('-')[0] === language)) ?? english
}

export function speak(locale: Locale, line: Line): string {
  if (typeof line === 'string') return line
  return fill(
    locale.sentences[line.key],
    (name) => {
      const value = line.data[name]
      return typeof value === 'object' ? speak(locale, value) : value
    },
    durationIn(locale.sentences),
  )
}

/** The sentence of a note or an error. Its own English wherever the template asks for something that its data lacks. */
export function speakNote(locale: Locale, { code, message, data }: Note): string {
  const template = Object.hasOwn(locale.notes, code) ? locale.notes[code] : undefined
  if (!template) return message
  let complete = true
  const text = fill(
    template,
    (name) => {
      const value = data[name]
      if (typeof value === 'string' || typeof value === 'number') return value
      if (Array.isArray(value)) return value.map((one) => (isNote(one) ? speakNote(locale, one) : String(one))).join(', ')
      complete = false
      return undefined
    },
    durationIn(locale.sentences),
  )
  return complete ? text : message
}

function isNote(value: unknown): value is Note {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value && 'data' in value
}

/** @param path as in Locale.help */
export function helpIn(locale: Locale, path: string, declared: string): string {
  return locale.help[path] ?? locale.help[`*.${path.slice(path.lastIndexOf('.') + 1)}`] ?? declared
}
