// An outgoing message: what is to be shown, in plain text. Nothing here is markup, everything may hold people's words. A platform escapes it,
// pings nobody on create and on edit, and lays it out as its people are used to. Lengths already fit `Platform.limits`.

import type { Format } from '../../animation-format.ts'
import type { Choice } from './incoming.ts'
import type { Option } from './option.ts'

export interface Outgoing {
  readonly audience: Audience
  readonly tone: Tone
  /** One or a few sentences; line breaks count. */
  readonly text: string
  /** A person's own words (the prompt), set off from ours. */
  readonly quote?: string
  /** Short labelled values: style, seed, size. */
  readonly facts?: readonly Fact[]
  readonly progress?: ShownProgress
  /** The animation, or while it is drawn a small preview. An edit without one removes what was there. */
  readonly picture?: Picture
  readonly items?: readonly Item[]
  /** A file to keep (an export), not shown inline. */
  readonly file?: File
  readonly buttons?: readonly Button[]
  /** The id of the one person whom this tells that it is there; nobody else is ever pinged. An edit that does not tell is made as a new message. */
  readonly mention?: string
  /** At most 25 characters. Posting the same nonce at the same address again gives the message that is there already. */
  readonly nonce?: string
}

/** everyone: who reads the channel · asker: only who asked, where they are (else as direct) · direct: a private message that stays. */
export type Audience = 'everyone' | 'asker' | 'direct'

/** What colour or sign it gets. The last five are the ends of a request. */
export type Tone = 'plain' | 'waiting' | 'running' | 'done' | 'failed' | 'refused' | 'cancelled' | 'expired'

export interface Fact {
  readonly label: string
  readonly value: string
}

/** `done` from 0 to 1. */
export interface ShownProgress {
  readonly done: number
  readonly text: string
}

export interface Picture extends ShownAnimation {
  /** Safe everywhere, never made of the prompt: `zoetrope-k3j9x.webp`. */
  readonly fileName: string
  readonly alt: string
}

export interface ShownAnimation {
  readonly bytes: Uint8Array
  readonly format: Format
  readonly width: number
  readonly height: number
}

/** Title and text are as short as facts. */
export interface Item {
  readonly title: string
  readonly text?: string
  readonly picture?: Picture
  readonly buttons?: readonly Button[]
}

export interface File {
  readonly bytes: Uint8Array
  readonly mediaType: string
  readonly fileName: string
}

export interface Button {
  readonly label: string
  readonly emoji?: string
  /** The text of a command, at most 100 characters: it fits a custom id and comes back as `kind: 'text'`. Unique in a message. */
  readonly command: string
  readonly style: 'usual' | 'main' | 'danger'
  /**
   * It would be refused to anybody but who asked and admins: a platform that shows each reader their own page leaves it out for others.
   * While something is drawn, one that shows the same to all is not given it: `Platform.postEphemeral`.
   */
  readonly for?: 'owner'
}

/** A dialog that ends in a command: what is filled in comes back as `kind: 'command'` with `fixed` and the fields as options. */
export interface Form {
  readonly title: string
  readonly command: string
  readonly action?: string
  readonly fixed: Readonly<Record<string, string>>
  readonly submit: string
  readonly fields: readonly Field[]
}

export interface Field {
  /** The option's name and its declaration: kind, range, choices, completion. */
  readonly name: string
  readonly option: Option
  /** What it is called, and what it does, in the reader's language. */
  readonly label: string
  readonly help?: string
  /** What the choices of the option are called. Absent: as they are. */
  readonly choices?: Readonly<Record<string, string>>
  /** Of a text: all that can be meant, where it is few enough for a list of the platform: `value` is among it, or else the first is meant. */
  readonly picks?: readonly Choice[]
  readonly value?: string
}
