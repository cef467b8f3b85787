// What a person picks: files laid over a base, and words around the prompt.

import type { ModelFiles } from '../../jobs/request.ts'

/** JSON; one state of a style. */
export interface Style {
  /** Shown and typed; unique whatever its case. */
  readonly name: string
  readonly aliases: readonly string[]
  readonly about: string
  /** A prompt that shows it well. */
  readonly example: string
  readonly model: ModelFiles
  /** Put before and after the prompt, where it does not have them already; trigger words stand here. */
  readonly before: string
  readonly after: string
  readonly negative: string
  /** Where absent, what the base and the motion module decide. */
  readonly width?: number
  readonly height?: number
  readonly frames?: number
  readonly fps?: number
  readonly steps?: number
  readonly guidance?: number
  readonly sampler?: string
  readonly clipSkip?: number
  /** published: everybody · admins: only admins see and use it · quarantined: nobody uses it */
  readonly state: 'published' | 'admins' | 'quarantined'
  /** `spaceOf(owner)` keys where it is offered; absent: everywhere. */
  readonly spaces?: readonly string[]
}

/** What a model draws by itself, and how far it can go. */
export interface BaseDefaults {
  readonly name: string
  readonly width: number
  readonly height: number
  readonly frames: number
  readonly fps: number
  readonly steps: number
  readonly guidance: number
  readonly negative: string
  readonly clipSkip: number
  readonly maxFrames: number
  /** Width and height are multiples of this. */
  readonly multiple: number
}

/** What styles lie on: a checkpoint and a motion module that are installed, both named, never found by the engine itself. */
export interface Base {
  /** 'pocket', or the checkpoint's name: styles remember it. */
  readonly name: string
  readonly files: ModelFiles
  /** A prompt that shows it well; previews are drawn of it. */
  readonly example: string
}

/** A looping picture of a style's example. */
export interface StylePicture {
  readonly bytes: Uint8Array
  readonly format: 'webp' | 'gif' | 'mp4'
  readonly width: number
  readonly height: number
}

/** What loops by itself somewhere: WebP on Discord and the page, GIF on Slack. */
export type PictureFormat = Exclude<StylePicture['format'], 'mp4'>

/** The styles as bot.ts and the chat need them; the registry in this folder is one. */
export interface StyleCatalog {
  /** Those that may be used in this space; for admins also those that are theirs alone. */
  list(space: string, admin: boolean): Promise<readonly Style[]>
  /** By name or alias, whatever its case. */
  find(name: string, space: string, admin: boolean): Promise<Style | undefined>
  /** Whatever its state, for drawing a job that was accepted while it was allowed. Undefined where it was removed or quarantined. */
  get(name: string): Promise<Style | undefined>
  /** Best match first; everything for ''. */
  search(typed: string, space: string, admin: boolean, limit: number): Promise<readonly Style[]>
  /** What draws: the base, or a style with its own habits over those of what it lies on. @throws UserError `unknown-style` */
  model(name?: string): Promise<BaseDefaults>
  /** Of its example, as a WebP where no format is named; undefined where none has been drawn. */
  picture(name: string, format?: PictureFormat): Promise<StylePicture | undefined>
}
