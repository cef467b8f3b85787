// All locales, and which one somebody gets. Adding one: a file like zh.ts, a line below.

import { en } from './en.ts'
import type { Locale } from './locale.ts'
import { zh } from './zh.ts'

export const english: Locale = { tags: ['en', 'en-US', 'en-GB'], sentences: en, help: {}, optionNames: {}, choices: {}, notes: {} }

export const locales: readonly Locale[] = [english, zh]

/** The nearest there is: 'zh-TW' gets zh, what is unknown gets English. */
export function localeFor(tag: string | undefined): Locale {
  if (!tag) return english
  const exact = locales.find(({ tags }) => tags.some((known) => known.toLowerCase() === tag.toLowerCase()))
  const language = tag.split('-')[0]!.toLowerCase()
  return exact ?? locales.find(({ tags }) => tags.some((known) => known.split('-')[0] === language)) ?? english
}
