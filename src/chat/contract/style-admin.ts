// Style administration: what managing styles takes. Every method first asks whether the person may, and refuses with a sentence if not.

import type { DrawSettings } from '../../draw-settings.ts'
import type { Attachment } from './attachment.ts'
import type { ShownAnimation } from './outgoing.ts'
import type { Sentence } from './reply.ts'

export interface StyleAdmin {
  /**
   * Fetches a file, tells what it is, checks it, and makes it a style for admins, or a part of one there is. Publishing is a word of its own.
   * @throws UserError of everything that is wrong with the file, with where it comes from or with the name; nothing is left behind then
   */
  add(wanted: NewStyleFile): Promise<StyleCard>
  /**
   * Takes pictures in that a style is to be learned from. A request that names what comes back teaches it; without one nothing comes of it.
   * @throws UserError of everything that is wrong with them, with the name or with quotas
   */
  train(wanted: NewTraining): Promise<PreparedTraining>
  /** Draws the style's example with the style and without, from one seed. Undefined: not ready within what a person waits; it goes on. */
  preview(name: string, format: 'webp' | 'gif'): Promise<StylePreview | undefined>
  edit(name: string, edits: StyleEdits): Promise<StyleCard>
  /** published: offered to everybody · kept: to admins · quarantined: to nobody, also not to what waits already */
  set(name: string, state: 'published' | 'kept' | 'quarantined'): Promise<StyleCard>
  /** The old name goes on as another name of it. */
  rename(name: string, to: string): Promise<StyleCard>
  /** `forget`: its files are deleted too, and there is no way back. */
  remove(name: string, forget: boolean): Promise<StyleCard>
  /** To what it was after a change of that number; without one, to what it was before the last. */
  rollback(name: string, to?: number): Promise<StyleCard>
  /** Also of one that was removed. */
  record(name: string): Promise<StyleRecord>
}

/** One of the four sources. */
export interface NewStyleFile {
  readonly name: string
  /** As a further file of this style. */
  readonly extend: boolean
  readonly file?: Attachment
  readonly url?: string
  /** On the host that draws. */
  readonly path?: string
  /** owner/repo/file on the model hub. */
  readonly hub?: string
  readonly strength?: number
  /** For a textual inversion. */
  readonly word?: string
  readonly about?: string
  readonly example?: string
  /** Absent: everywhere, once it is published. */
  readonly here?: boolean
}

export interface NewTraining {
  readonly name: string
  /** And clips, and files of words that are captions of those with the same name. Asked for once it is known that the person may. */
  readonly pictures: () => Promise<readonly Attachment[]>
  /** That the style is to answer to; its name where it is absent. */
  readonly word?: string
  readonly about?: string
  readonly example?: string
  /** Absent: everywhere, once it is published. */
  readonly here?: boolean
}

export interface PreparedTraining {
  readonly id: string
  readonly name: string
  readonly word: string
  /** How many. */
  readonly pictures: number
  readonly example: string
}

/** What is absent stays as it is; '' empties a text. */
export interface StyleEdits extends Partial<DrawSettings> {
  /** Which file `strength`, `word` and `drop` are about, counted from 1. */
  readonly part?: number
  readonly strength?: number
  readonly word?: string
  readonly drop?: boolean
  readonly triggers?: string
  readonly before?: string
  readonly after?: string
  readonly negative?: string
  readonly about?: string
  readonly example?: string
  readonly aliases?: string
  /** Every draw setting back to what the base decides, before the others here are set. */
  readonly usual?: boolean
  readonly where?: 'here' | 'everywhere'
}

/** A style as its managers see it. All texts are cleaned; those from files are strangers' words all the same. */
export interface StyleCard {
  readonly name: string
  readonly aliases: readonly string[]
  readonly about: string
  readonly example: string
  readonly state: 'published' | 'admins' | 'quarantined' | 'removed'
  readonly where: 'here' | 'everywhere' | 'elsewhere'
  readonly base: string
  readonly files: readonly StyleFileCard[]
  readonly triggers: readonly string[]
  readonly before: string
  readonly after: string
  readonly negative: string
  /** What it draws with unless asked otherwise; the rest is as its base has it. */
  readonly settings: Partial<DrawSettings>
  /** Of the change that led here; 0 where it is as it ships. `rollback` goes back to it. */
  readonly change: number
  /** What this change did, a line a thing. */
  readonly changed: readonly string[]
  /** Sentences that the person should know: what will have no effect. */
  readonly notes: readonly Sentence[]
}

export interface StyleFileCard {
  /** 'LoRA, rank 8, on 132 modules of the UNet' */
  readonly about: string
  readonly source: string
  readonly license?: string
  readonly bytes: number
  readonly sha256: string
  readonly strength: number
  readonly word?: string
}

export interface StyleRecord {
  readonly card: StyleCard
  /** Newest first. */
  readonly changes: readonly { readonly number: number; readonly atMs: number; readonly by: string; readonly what: readonly string[] }[]
}

export interface StylePreview {
  readonly plain: ShownAnimation
  readonly styled: ShownAnimation
}
