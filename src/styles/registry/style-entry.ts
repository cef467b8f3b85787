// A style entry: one state of a style as it is kept, JSON. The style that people pick (catalog/style.ts) is made of it and of its base.

import type { DrawSettings } from '../../draw-settings.ts'
import type { Identity } from '../../engine/checkpoint/identify/identify.ts'

export interface StyleEntry {
  /** The same through every renaming. */
  readonly id: string
  readonly name: string
  readonly aliases: readonly string[]
  readonly about: string
  readonly example: string
  /** The base that its files were checked against. */
  readonly base: string
  readonly files: readonly StyleFile[]
  /** Words that its files were trained on; put before every prompt. */
  readonly triggers: readonly string[]
  readonly before: string
  readonly after: string
  readonly negative: string
  readonly defaults: StyleDefaults
  readonly state: StyleState
  /** `spaceOf(owner)` keys; absent: everywhere. */
  readonly spaces?: readonly string[]
  /** Where it was added and may be changed; absent: it ships. */
  readonly home?: string
}

/** published: everybody · admins: only admins see and use it · quarantined: nobody uses it */
export type StyleState = 'published' | 'admins' | 'quarantined'

/** What it draws with where a request does not say; absent: what its base decides. */
export type StyleDefaults = Partial<DrawSettings>

/** What can be part of a style. */
export type StyleFileKind = Exclude<Identity['kind'], 'refused' | 'unet' | 'text-encoder' | 'sparse-control'>

export interface StyleFile {
  /** Among the style files: digest and ending. Of those that ship: a path within models/. */
  readonly file: string
  readonly sha256: string
  readonly bytes: number
  readonly kind: StyleFileKind
  /** For people: 'LoRA, rank 8, on 132 modules of the UNet'. Made of a stranger's file, sanitized. */
  readonly about: string
  /** As it was named: an address, 'hub:…', 'path:…', 'file:…'. */
  readonly source: string
  readonly license?: string
  readonly strength: number
  /** A LoRA that ships to be laid into the weights, because it is there for speed. */
  readonly merged?: boolean
  /** A textual inversion's. */
  readonly word?: string
}

export const isLora = (kind: StyleFileKind): boolean => kind === 'lora' || kind === 'motion-lora' || kind === 'domain-adapter'
