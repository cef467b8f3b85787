// Resolves a style entry into the style that people pick: its files in their places over the base, its trigger words before the prompt.

import type { LoraFile, ModelFiles } from '../../jobs/request.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { isLora, type StyleEntry, type StyleFile, type StyleFileKind } from '../registry/style-entry.ts'
import { type BaseModel, baseOf } from './base-models.ts'
import type { Style } from './style.ts'

/** `undefined` where its base is not installed. */
export function resolveStyle(entry: StyleEntry, bases: readonly BaseModel[], pathOf: (file: StyleFile) => string): Style | undefined {
  const base = baseOf(entry, bases)
  if (!base) return undefined
  const { name, aliases, about, example, triggers, after, negative, defaults, state, spaces } = entry
  return {
    name,
    aliases,
    about,
    example,
    model: modelOf(entry.files, base.files, pathOf),
    before: [...triggers, entry.before].filter((words) => words !== '').join(', '),
    after,
    negative,
    ...defaults,
    state,
    ...omitUndefined({ spaces }),
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
  const loras = files.filter(({ kind }) => isLora(kind)).map((file) => loraOf(file, pathOf(file)))
  const embeddings = files.flatMap((file) => (file.word === undefined ? [] : [{ file: pathOf(file), word: file.word }]))
  return {
    checkpoint: checkpoint ?? base.checkpoint,
    ...omitUndefined({
      motion: last('motion-module') ?? base.motion,
      vae: last('vae') ?? (checkpoint === undefined ? base.vae : undefined),
      embeddings: embeddings.length > 0 ? embeddings : undefined,
    }),
    loras: [...base.loras, ...loras],
  }
}

const loraOf = ({ strength, merged }: StyleFile, file: string): LoraFile => ({ file, strength, ...omitUndefined({ merged }) })
