// Textual inversion: vectors that stand in a prompt where their word does. One file, one word; any of the four forms (see identify.ts).

import { basename } from 'node:path'
import { identify } from '../checkpoint/identify.ts'
import { assertFinite } from '../checkpoint/lora/finite.ts'
import { openTensorFile } from '../checkpoint/open.ts'
import { elementsOf, float32Of } from '../checkpoint/tensor.ts'
import { UserError } from '../errors.ts'

/** Vectors by word, [D] each. */
export type Embeddings = ReadonlyMap<string, readonly Float32Array[]>

/**
 * @param width of the text encoder's tokens
 * @throws UserError `embedding-kind` for another kind of file, `embedding-base` for other widths, `embedding-word`, `tensor-not-finite`
 */
export function readEmbeddings(files: readonly { readonly file: string; readonly word: string }[], width: number): Embeddings {
  const found = new Map<string, readonly Float32Array[]>()
  for (const { file, word } of files) {
    if (word.trim() === '') throw new UserError('embedding-word', `${basename(file)} needs a word that stands for it in prompts.`, { file })
    found.set(word, readEmbedding(file, width))
  }
  return found
}

/** Vectors of a file, in their order. */
export function readEmbedding(path: string, width: number): Float32Array[] {
  const file = openTensorFile(path)
  const identity = identify(file)
  if (identity.kind !== 'textual-inversion') {
    const sentence = identity.kind === 'refused' ? identity.sentence : `${path} is no textual inversion but of kind ${identity.kind}.`
    throw new UserError('embedding-kind', sentence, { path, kind: identity.kind })
  }
  const { vectors, width: got } = identity.embedding
  if (got !== width) {
    throw new UserError(
      'embedding-base',
      `${path} is a textual inversion of width ${got}; this model reads text of width ${width}: it was made for another base.`,
      { path, expected: width, got },
    )
  }
  const tensor = [...file.tensors.values()].find(({ shape, dtype }) => /^B?F/.test(dtype) && elementsOf(shape) === vectors * width)!
  assertFinite(tensor)
  const values = float32Of(tensor)
  return Array.from({ length: vectors }, (_, i) => values.slice(i * width, (i + 1) * width))
}
