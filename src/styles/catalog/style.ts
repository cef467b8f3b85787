// Styles as people pick them: files laid over a base model, and words around the prompt.

import type { Format } from '../../animation-format.ts'
import type { ModelSummary } from '../../chat/contract/command-context.ts'
import type { ModelFiles } from '../../jobs/request.ts'
import type { StyleDefaults, StyleState } from '../registry/style-entry.ts'

/** JSON; one state of a style. */
export interface Style extends StyleDefaults {
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
  readonly state: StyleState
  /** `spaceOf(owner)` keys where it is offered; absent: everywhere. */
  readonly spaces?: readonly string[]
}

/** The engine's defaults of a model. Reads tables of contents only. @throws UserError where a file is missing or fits nowhere */
export type ReadModelDefaults = (files: ModelFiles) => Omit<ModelSummary, 'name'>

/** A looping picture of a style's example. */
export interface StylePicture {
  readonly bytes: Uint8Array
  readonly format: Format
  readonly width: number
  readonly height: number
}

/** What loops by itself somewhere: WebP on Discord and the page, GIF on Slack. */
export type PictureFormat = Exclude<StylePicture['format'], 'mp4'>

/** The styles as bot.ts and the chat need them; over the registry, style-catalog.ts makes one. */
export interface StyleCatalog {
  /** Those that may be used in this space; for admins also those that are theirs alone. */
  list(space: string, admin: boolean): Promise<readonly Style[]>
  /** By name or alias, whatever its case. */
  find(name: string, space: string, admin: boolean): Promise<Style | undefined>
  /** Whatever its state, for drawing a job that was accepted while it was allowed. Undefined where it was removed or quarantined. */
  get(name: string): Promise<Style | undefined>
  /** Best match first; everything for ''. */
  search(typed: string, space: string, admin: boolean, limit: number): Promise<readonly Style[]>
  /** What draws: the base, or a style with its own defaults over those of what it lies on. @throws UserError `unknown-style` */
  model(name?: string): Promise<ModelSummary>
  /** Of its example, as a WebP where no format is named; undefined where none has been drawn. */
  picture(name: string, format?: PictureFormat): Promise<StylePicture | undefined>
}
