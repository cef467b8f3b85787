// A style change: one line of a style's history, and in words what it changed.

import { drawSettingNames } from '../../draw-settings.ts'
import type { StyleEntry, StyleFile } from './style-entry.ts'

export type ChangeKind =
  | 'added'
  | 'extended'
  | 'edited'
  | 'renamed'
  | 'published'
  | 'kept'
  | 'quarantined'
  | 'rolled-back'
  | 'removed'
  | 'forgotten'

/** Made once and never touched again. */
export interface StyleChange {
  /** 1, 2, 3 … through all styles. */
  readonly number: number
  readonly atMs: number
  readonly by: Author
  readonly kind: ChangeKind
  /** Of the style. */
  readonly id: string
  /** What it is from then on; absent: it is no more. */
  readonly entry?: StyleEntry
}

export interface Author {
  /** `personOf(owner)`. */
  readonly person: string
  /** `spaceOf(owner)`. */
  readonly space: string
  /** As others see it. */
  readonly name: string
}

/** 'strength of file 1: 1 → 0.8', a line for each thing that differs. */
export function differences(before: StyleEntry | undefined, after: StyleEntry | undefined): string[] {
  if (!after) return before ? ['removed'] : []
  if (!before) return [`added with ${after.files.map(({ about }) => about).join('; ') || 'no file'}`]
  return [
    ...(['name', 'about', 'example', 'before', 'after', 'negative', 'state', 'base'] as const).flatMap((field) =>
      difference(field, before[field], after[field]),
    ),
    ...difference('aliases', before.aliases.join(', '), after.aliases.join(', ')),
    ...difference('trigger words', before.triggers.join(', '), after.triggers.join(', ')),
    ...difference('where', before.spaces?.join(', ') ?? 'everywhere', after.spaces?.join(', ') ?? 'everywhere'),
    ...drawSettingNames.flatMap((name) => difference(name, before.defaults[name], after.defaults[name])),
    ...fileDifferences(before.files, after.files),
  ]
}

function difference(what: string, before: string | number | undefined, after: string | number | undefined): string[] {
  return before === after ? [] : [`${what}: ${shown(before)} → ${shown(after)}`]
}

const shown = (value: string | number | undefined): string => (value === undefined || value === '' ? '–' : String(value))

function fileDifferences(before: readonly StyleFile[], after: readonly StyleFile[]): string[] {
  const same = (a: StyleFile) => (b: StyleFile) => a.sha256 === b.sha256
  return [
    ...before.filter((file) => !after.some(same(file))).map(({ about }) => `without ${about}`),
    ...after.filter((file) => !before.some(same(file))).map(({ about }) => `with ${about}`),
    ...after.flatMap((file, i) => {
      const old = before.find(same(file))
      if (!old) return []
      return [
        ...difference(`strength of file ${i + 1}`, old.strength, file.strength),
        ...difference(`word of file ${i + 1}`, old.word, file.word),
      ]
    }),
  ]
}
