// A textual inversion in training: a new word, as vectors that stand among the tokens (Gal et al., "An Image is Worth One Word", arXiv
// 2208.01618). They begin as those of words that are near it. Written under its word, as diffusers has it; A1111 and ComfyUI read that too.
// V vectors  L tokens  D token width

import { float32Of } from '../../checkpoint/tensor/tensor.ts'
import { UserError } from '../../errors.ts'
import type { Model } from '../../pipeline/model/model.ts'
import type { Feeds } from '../../runtime/session.ts'
import { chunks } from '../../text/chunks.ts'
import type { TextReading } from '../objectives/caption-contexts.ts'
import { wordVectors } from '../objectives/denoiser.ts'
import { denoising } from '../objectives/denoising.ts'
import { type Trainee, tensorToWrite, type WrittenType } from './trainee.ts'

export interface TextualInversionOptions extends Partial<TextReading> {
  /** What stands for it in captions and prompts; a caption without it is read as "word, caption". */
  readonly word?: string
  readonly vectors?: number
  /** Words that it begins as. */
  readonly initialWords?: string
  readonly writtenType: WrittenType
}

/** @throws UserError `train-word` */
export function textualInversionTrainee(model: Model, options: TextualInversionOptions): Trainee {
  const { word = '', vectors = 1, initialWords = '', writtenType } = options
  const { text, tokenizer } = model
  const { width: D } = text.architecture
  const initial = (tokenizer.unrestricted ?? tokenizer).encode(initialWords)
  for (const [flag, given] of [
    ['word', word.trim()],
    ['init', initial.join()],
  ] as const) {
    if (given === '')
      throw new UserError('train-word', `A textual inversion needs a word that stands for it, and words that it begins as: --${flag}.`, {
        flag,
      })
  }
  return {
    moves: false,
    objective: denoising({
      ...{ model: { ...model, motion: null }, moves: false, trained: (name) => name === wordVectors },
      text: { words: vectors, reading: options, feedsOf: (caption) => captionFeeds(model, caption, word, vectors) },
    }),
    start() {
      const rows = float32Of(text.tensors.get('text_model.embeddings.token_embedding.weight')!)
      return Float32Array.from({ length: vectors * D }, (_, i) => rows[initial[Math.floor(i / D) % initial.length]! * D + (i % D)]!)
    },
    written: (read) => [{ path: '', tensors: [tensorToWrite(word, [vectors, D], read(wordVectors)!, writtenType)], metadata: new Map() }],
  }
}

/** The empty caption stays empty. */
function captionFeeds({ tokenizer }: Model, caption: string, word: string, vectors: number): Feeds {
  const read = (text: string) => chunks(tokenizer, [{ text, weight: 1 }], new Map([[word, vectors]]))[0]!
  const plain = read(caption)
  const { ids, embeddings } = plain.embeddings.length > 0 || caption === '' ? plain : read(`${word}, ${caption}`)
  const keep = new Float32Array(ids.length).fill(1)
  const placement = new Float32Array(ids.length * vectors)
  for (const { at, index } of embeddings) {
    keep[at] = 0
    placement[at * vectors + index] = 1
  }
  return { ids, keep, placement }
}
