// An incoming event: what a person did, in the words that all platforms share. JSON: it can be logged (but for `address`), stored, written
// in a test. A button is a command typed for the person: platforms send its text back as `kind: 'text'`.

import type { Owner } from '../../jobs/job.ts'
import type { Json } from '../../store/json.ts'
import type { Attachment } from './attachment.ts'
import type { Reaction } from './reactions.ts'

export type Incoming = Circumstances & Said

export interface Circumstances {
  /** Unique for this event on this platform: what comes twice gets one response. */
  readonly id: string
  readonly owner: Owner
  /** Shown to others where it must be said who asked; '' where the platform does not tell. Attacker's text. */
  readonly name: string
  readonly asker: Asker
  readonly channel: Channel
  /** Where to respond; only the platform that made it reads it. May hold short-lived tokens: never logged. */
  readonly address: Json
  /** BCP 47, of the person, and of the place where everybody reads along. */
  readonly locale: string
  readonly channelLocale?: string
  /** Largest file that may be posted here, where the platform says so for this event; the smaller of this and `limits.maxBytes` holds. */
  readonly maxBytes?: number
}

export type Said =
  /** Options with types, as Discord and forms send them. What they hold is checked again. */
  | {
      readonly kind: 'command'
      readonly command: string
      readonly action?: string
      readonly options: Readonly<Record<string, OptionInput>>
    }
  /**
   * The text grammar of parse.ts, with or without the leading slash: `animate a cat style:anime`. `files` hang on the message: the
   * first fills the command's option of kind file.
   */
  | { readonly kind: 'text'; readonly text: string; readonly files?: readonly Attachment[] }
  /** `message` is one of `Posted.messages`. Only when a reaction is added, never when it is taken away, never by bots. */
  | { readonly kind: 'reaction'; readonly reaction: Reaction; readonly message: string }

export type OptionInput = string | number | boolean | Attachment | readonly Attachment[]

export interface Asker {
  /** May change settings: Manage Guild, workspace admin, signed in by the token. */
  readonly admin: boolean
  /** Runs this bot, and may change what ships and what other places have added: named in OPERATORS, signed in on the page by the token. */
  readonly operator: boolean
  /** Roles or user groups, by the platform's ids. */
  readonly roles: readonly string[]
}

export interface Channel {
  readonly id: string
  /** Channels that it stands in, by their ids: those of a thread or a post, and their category. What is allowed there is allowed in it. */
  readonly within?: readonly string[]
  readonly ageRestricted: boolean
  /** A conversation with the bot alone: no channel rules there. */
  readonly direct: boolean
  /** What the bot lacks to post an animation here, in the words of the platform's settings: 'Attach Files'. */
  readonly missing: readonly string[]
}

/** Somebody is typing an option's value. */
export interface Typing extends Pick<Circumstances, 'owner' | 'asker' | 'locale'> {
  readonly command: string
  readonly action?: string
  readonly option: string
  readonly typed: string
}

/** Somebody opens a form of a command, some of whose options are known already. */
export interface FormOpening extends Pick<Circumstances, 'owner' | 'asker' | 'locale'> {
  readonly command: string
  readonly action?: string
  readonly given: Readonly<Record<string, string>>
}

/** `value` is what the option then holds; `label` is shown. Both at most 100 characters. */
export interface Choice {
  readonly value: string
  readonly label: string
}
