// Page texts: what the page itself says, in each of its languages. Replies and helps come from ../locales.

import { localeFor } from '../locales/locales.ts'
import { en, type PageTexts } from './page-texts-en.ts'
import { zh } from './page-texts-zh.ts'

/** @param language the first tag of a locale; English where the page has no table for it */
export function textsIn(language: string): PageTexts {
  return language === 'zh' ? zh : en
}

/** What somebody is called who has not said their name. */
export function guestName(person: string, locale: string): string {
  return `${localeFor(locale).tags[0] === 'zh' ? '访客' : 'Guest'} ${person.slice(0, 4)}`
}
