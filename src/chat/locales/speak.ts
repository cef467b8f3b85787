// Localization: lines, notes and helps as text in one language.

import type { Note } from '../../errors.ts'
import type { ChoiceOption } from '../contract/option.ts'
import type { Line } from '../contract/reply.ts'
import { durationIn, fill } from './fill.ts'
import type { Locale } from './locale.ts'

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

/** What an option is called where people fill it in: 'max-frames' is 'Max frames'. */
export function optionNameIn(locale: Locale, name: string): string {
  const words = name.replaceAll('-', ' ')
  return locale.optionNames[name] ?? `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}

export function choiceNamesIn(locale: Locale, option: Pick<ChoiceOption, 'choices' | 'names'>): Record<string, string> {
  return Object.fromEntries(option.choices.map((choice) => [choice, choiceNameIn(locale, option, choice) ?? choice]))
}

/** Undefined: it is called as it is typed. */
export function choiceNameIn({ choices, optionNames }: Locale, { names }: Pick<ChoiceOption, 'names'>, choice: string): string | undefined {
  return (names === 'options' ? optionNames : choices)[choice]
}

/** @param path as in Locale.help */
export function helpIn(locale: Locale, path: string, declared: string): string {
  return locale.help[path] ?? locale.help[`*.${path.slice(path.lastIndexOf('.') + 1)}`] ?? declared
}
