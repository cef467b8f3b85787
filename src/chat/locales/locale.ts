// A locale: one language, with sentences by key, helps of commands and options by path, notes and errors by code.

import type { SentenceKey } from './en.ts'

export interface Locale {
  /** BCP 47; Discord's names for languages are among these. The first is the page's. */
  readonly tags: readonly [string, ...string[]]
  readonly sentences: Readonly<Record<SentenceKey, string>>
  /** 'animate', 'animate.prompt', 'settings.block', 'settings.block.words'; '*.words' for an option in every command. Absent: the English of the declaration. */
  readonly help: Readonly<Record<string, string>>
  /** Names of options as labels of fields. Absent: the name as it is typed, with a capital letter. */
  readonly optionNames: Readonly<Record<string, string>>
  /** Values of choice options as people read them, but of those that are names of options. Absent: as they are typed. */
  readonly choices: Readonly<Record<string, string>>
  /** Templates for notes and UserErrors by code, filled from their data. Absent: their own English. */
  readonly notes: Readonly<Record<string, string>>
}
