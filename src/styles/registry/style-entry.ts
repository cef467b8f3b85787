// A style as it is kept: JSON, one state of it. What the rest of the house sees (Style) is made from it and from the base it lies on.

import type { Identity } from '../../engine/checkpoint/identify.ts'
import type { LoraFile, ModelFiles } from '../../jobs/request.ts'
import type { Base, Style } from '../catalog/style.ts'

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
  readonly habits: StyleDefaults
  readonly state: Style['state']
  /** `spaceOf(owner)` keys; absent: everywhere. */
  readonly spaces?: readonly string[]
  /** Where it was added and may be changed; absent: it ships. */
  readonly home?: string
}

export type StyleDefaults = Pick<Style, 'width' | 'height' | 'frames' | 'fps' | 'steps' | 'guidance' | 'sampler' | 'clipSkip'>

/** What can be part of a style. */
export type StyleFileKind = Exclude<Identity['kind'], 'refused' | 'unet' | 'text-encoder'>

export interface StyleFile {
  /** In the folder of styles: digest and ending. Of those that ship: a path within models/. */
  readonly file: string
  readonly sha256: string
  readonly bytes: number
  readonly kind: StyleFileKind
  /** For people: 'LoRA, rank 8, 132 modules of the UNet'. Made of a stranger's file, cleaned. */
  readonly about: string
  /** As it was named: an address, 'hub:…', 'path:…', 'file:…'. */
  readonly source: string
  readonly license?: string
  readonly strength: number
  /** A textual inversion's. */
  readonly word?: string
}

/** `undefined` where its base is not installed. */
export function styleOf(entry: StyleEntry, base: Base | undefined, pathOf: (file: StyleFile) => string): Style | undefined {
  if (!base) return undefined
  const { name, aliases, about, example, triggers, after, negative, habits, state, spaces } = entry
  return {
    name,
    aliases,
    about,
    example,
    model: modelOf(entry.files, base.files, pathOf),
    before: [...triggers, entry.before].filter((words) => words !== '').join(', '),
    after,
    negative,
    ...habits,
    state,
    ...(spaces && { spaces }),
  }
}

/** The base with the style's own files in their places; of two checkpoints, motion modules or VAEs the later one counts. */
export function modelOf(files: readonly StyleFile[], base: ModelFiles, pathOf: (file: StyleFile) => string): ModelFiles {
  const last = (kind: StyleFileKind): string | undefined =>
    files
      .filter((file) => file.kind === kind)
      .map(pathOf)
      .at(-1)
  const checkpoint = last('sd1-checkpoint')
  const motion = last('motion-module') ?? base.motion
  const vae = last('vae') ?? (checkpoint === undefined ? base.vae : undefined)
  const embeddings = files.flatMap((file) => (file.word === undefined ? [] : [{ file: pathOf(file), word: file.word }]))
  return {
    checkpoint: checkpoint ?? base.checkpoint,
    ...(motion !== undefined && { motion }),
    ...(vae !== undefined && { vae }),
    loras: [
      ...base.loras,
      ...files.flatMap((file): LoraFile[] => (isLora(file.kind) ? [{ file: pathOf(file), strength: file.strength }] : [])),
    ],
    ...(embeddings.length > 0 && { embeddings }),
  }
}

export const isLora = (kind: StyleFileKind): boolean => kind === 'lora' || kind === 'motion-lora' || kind === 'domain-adapter'
