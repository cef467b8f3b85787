// Textual inversion: vectors that stand in a prompt where their word does. One file, one word; any of the four forms (see identify.ts).

import { basename } from 'node:path'
import { embeddingIn, sidesOf } from '../checkpoint/embedding.ts'
import { identify } from '../checkpoint/identify/identify.ts'
import { assertFinite } from '../checkpoint/lora/finite.ts'
import { openTensorFile } from '../checkpoint/open.ts'
import { float32Of, type Tensor } from '../checkpoint/tensor/tensor.ts'
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

/** Of textual inversions that came inside LoRAs. @throws UserError `embedding-base`, `tensor-not-finite` */
export function bundledEmbeddings(words: ReadonlyMap<string, { readonly tensor: Tensor }>, width: number): Embeddings {
  return new Map(
    [...words].map(([word, { tensor }]) => {
      const { width: got } = sidesOf(tensor)
      if (got === width) return [word, vectorsIn(tensor)] as const
      throw new UserError(
        'embedding-base',
        `The textual inversion ${word} inside a LoRA has the width ${got}; this model reads text of width ${width}: it was made for another base.`,
        { word, expected: width, got },
      )
    }),
  )
}

/** Vectors of a file, in their order. */
export function readEmbedding(path: string, width: number): Float32Array[] {
  const file = openTensorFile(path)
  const identity = identify(file)
  if (identity.kind !== 'textual-inversion') {
    const sentence = identity.kind === 'refused' ? identity.sentence : `${path} is no textual inversion but of kind ${identity.kind}.`
    throw new UserError('embedding-kind', sentence, { path, kind: identity.kind })
  }
  const { width: got } = identity.embedding
  if (got !== width) {
    throw new UserError(
      'embedding-base',
      `${path} is a textual inversion of width ${got}; this model reads text of width ${width}: it was made for another base.`,
      { path, expected: width, got },
    )
  }
  return vectorsIn(embeddingIn(file)!.tensor)
}

/** [n, D] or [D], one by one. @throws UserError `tensor-not-finite` */
export function vectorsIn(tensor: Tensor): Float32Array[] {
  assertFinite(tensor)
  const { vectors, width } = sidesOf(tensor)
  const values = float32Of(tensor)
  return Array.from({ length: vectors }, (_, i) => values.slice(i * width, (i + 1) * width))
}
