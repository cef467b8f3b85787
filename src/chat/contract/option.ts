// A command option, declared once: Discord's JSON, the text grammar, dialogs, the help and the static type of `values` follow from it.

import { type DrawSettingName, drawSettings } from '../../draw-settings.ts'
import type { Attachment } from './attachment.ts'

export type Option = TextOption | IntegerOption | NumberOption | ChoiceOption | FlagOption | SeedOption | FileOption | FilesOption

export interface TextOption extends Common {
  readonly kind: 'text'
  readonly maxChars: number
  /** Takes all words of a typed command that belong to no other option. At most one in a command. */
  readonly rest?: true
  /** What is offered while typing. What is typed need not be among it. */
  readonly complete?: Completion
  /** It is the id of one of these: picked where the platform can, else mentioned or typed. */
  readonly mention?: Mentionable
  /** The word `none` empties it: nothing that is typed is nothing that is said. */
  readonly none?: true
  readonly default?: string
}

export interface IntegerOption extends Common {
  readonly kind: 'integer'
  readonly min: number
  readonly max: number
  readonly default?: number
}

export interface NumberOption extends Common {
  readonly kind: 'number'
  readonly min: number
  readonly max: number
  readonly default?: number
}

/** At most 25: more is a text with completion. */
export interface ChoiceOption extends Common {
  readonly kind: 'choice'
  readonly choices: readonly string[]
  /** The choices are options, and called what those are called. */
  readonly names?: 'options'
  readonly default?: string
}

/** `private:yes`, or the name alone as `--private`. */
export interface FlagOption extends Common {
  readonly kind: 'flag'
  readonly default?: boolean
}

/** Unsigned 64-bit as decimal digits. Discord's integers end at 2^53, so there it is a string option. */
export interface SeedOption extends Common {
  readonly kind: 'seed'
  readonly default?: string
}

/** A file handed over with the command. It cannot be typed: where a platform has no field for it, it hangs on the message. */
export interface FileOption extends Common {
  readonly kind: 'file'
  readonly maxBytes: number
  readonly default?: never
}

/**
 * Several of them, in one option. Where a platform's fields take one each, there are as many, as `fieldsOf` names them; where it has none,
 * all that hang on the message are meant.
 */
export interface FilesOption extends Common {
  readonly kind: 'files'
  readonly max: number
  /** Of each. */
  readonly maxBytes: number
  readonly default?: never
}

/** `pictures`, `pictures-2`, `pictures-3` …: what is given by any of them is one of `pictures`. */
export const fieldsOf = (name: string, { max }: Pick<FilesOption, 'max'>): string[] =>
  Array.from({ length: max }, (_, n) => (n === 0 ? name : `${name}-${n + 1}`))

/**
 * The number that a person typed, digits of any width; undefined where it is none. Number() alone would read a blank as 0 and take
 * exponents and hexadecimals.
 */
export function numberIn(text: string): number | undefined {
  const digits = text.normalize('NFKC')
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(digits) ? Number(digits) : undefined
}

interface Common {
  /** English, at most 100 characters; other languages in locales/. */
  readonly help: string
  readonly required?: true
  /** Left out where a platform has no room for it, as Discord, which takes 25 in one command: there it is a style's, or another command's. */
  readonly typed?: true
}

export type Mentionable = 'channel' | 'role' | 'role-or-person'

export type Completion = 'style' | 'prompt' | 'job' | 'waiting-job' | 'command'

/** In the order in which they are shown; required ones first. Names: 1 to 32 of a-z and '-'. */
export type Options = Readonly<Record<string, Option>>

/** A draw setting as an option: kind, bounds and choices are its declaration's. */
export function settingOption<Name extends DrawSettingName>(
  name: Name,
  help: string,
): (typeof drawSettings)[Name] & { readonly help: string } {
  return { ...drawSettings[name], help }
}

export type Values<Os extends Options> = { readonly [Name in keyof Os]: OptionValue<Os[Name]> }

export type OptionValue<O extends Option> = O extends { required: true } | { default: string | number | boolean }
  ? Raw<O>
  : Raw<O> | undefined

type Raw<O extends Option> = O extends ChoiceOption
  ? O['choices'][number]
  : O extends IntegerOption | NumberOption
    ? number
    : O extends FlagOption
      ? boolean
      : O extends FileOption
        ? Attachment
        : O extends FilesOption
          ? readonly Attachment[]
          : string
