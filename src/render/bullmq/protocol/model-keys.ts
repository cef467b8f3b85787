// Model keys: whether two recipes need the same files loaded, by content.

import { createHash } from 'node:crypto'
import type { FileContent } from '../../file-contents.ts'
import type { ModelOf } from '../../portable-recipe.ts'

export interface ModelKeys {
  /** The same nets: a LoRA is put on and taken off quickly, a checkpoint is not. */
  readonly base: string
  /** The same nets with the same adapters. */
  readonly style: string
}

export function modelKeysOf({ checkpoint, motion, vae, control, loras, embeddings = [] }: ModelOf<Pick<FileContent, 'sha256'>>): ModelKeys {
  const base = digest([checkpoint.sha256, motion?.sha256, vae?.sha256, ...(control ? [control.sha256] : [])])
  const adapters = loras.map(({ file, strength, merged }) => [file.sha256, strength, merged === true])
  return { base, style: digest([base, adapters, embeddings.map(({ file, word }) => [file.sha256, word])]) }
}

function digest(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22)
}

/** Every content that a model is read from; a folder is one. */
export function contentsOf<File>({ checkpoint, motion, vae, control, loras, embeddings = [] }: ModelOf<File>): readonly File[] {
  const named = [checkpoint, motion, vae, control, ...loras.map(({ file }) => file), ...embeddings.map(({ file }) => file)]
  return named.filter((file) => file !== undefined)
}
