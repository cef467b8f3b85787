// Prompt chunking: a prompt of any length as chunks of L ids, which is what CLIP reads at once: start, tokens, end, padding. L is 77, or more for
// one that was fine-tuned for longer texts (Long-CLIP, arXiv 2403.15378: 248).
// Every chunk is encoded for itself and their outputs are concatenated.

import { UserError } from '../errors.ts'
import type { Piece } from './prompt.ts'
import type { Tokenizer } from './tokenizer.ts'

export const chunkLength = 77
/** A chunk that is full ends at its last comma, if that is among so many last tokens: half a phrase means something else. */
const backtrack = 20

export interface Chunk {
  /** [L] */
  readonly ids: Int32Array
  /** [L], 1 for start, end and padding. */
  readonly weights: Float32Array
  /** Where vectors of textual inversions replace the token embedding; `ids` is 0 there. */
  readonly embeddings: readonly EmbeddingSlot[]
}

/** Vector `index` of the embedding `word` stands at position `at` of the chunk. */
export interface EmbeddingSlot {
  readonly at: number
  readonly word: string
  readonly index: number
}

interface Slot {
  readonly id: number
  readonly weight: number
  readonly embedding?: Omit<EmbeddingSlot, 'at'>
}

/**
 * At least one chunk, also for an empty prompt.
 * @param vectors of each textual inversion, by the word that stands for it: how many. Upper and lower case are one, ComfyUI's
 *   `embedding:word` is understood, and no chunk ends within one
 * @param length L
 * @throws UserError `embedding-long` for one that no chunk can hold
 */
export function chunks(
  tokenizer: Tokenizer,
  pieces: readonly Piece[],
  vectors: ReadonlyMap<string, number> = new Map(),
  length: number = chunkLength,
): Chunk[] {
  const capacity = length - 2
  const [comma] = tokenizer.encode(',')
  const done: Chunk[] = []
  let slots: Slot[] = []
  let lastComma = -1
  const finish = (rest: Slot[] = []) => {
    done.push(chunkOf(tokenizer, slots, length))
    slots = rest
    lastComma = -1
  }

  for (const piece of pieces) {
    if (piece.breakBefore) finish()
    for (const unit of unitsOf(tokenizer, piece, vectors, capacity)) {
      const full = slots.length + unit.length > capacity
      if (unit[0]?.id === comma && !unit[0]?.embedding) lastComma = slots.length
      else if (full && lastComma !== -1 && slots.length - lastComma <= backtrack) finish(slots.splice(lastComma + 1))
      if (slots.length + unit.length > capacity) finish()
      slots.push(...unit)
    }
  }
  if (slots.length > 0 || done.length === 0) finish()
  return done
}

/** The same prompts with as many chunks each: guidance compares them position by position, and an animation falls in two where they differ. */
export function alignChunks(tokenizer: Tokenizer, ...prompts: readonly (readonly Chunk[])[]): Chunk[][] {
  const most = Math.max(...prompts.map((prompt) => prompt.length))
  const length = prompts[0]?.[0]?.ids.length ?? chunkLength
  return prompts.map((prompt) => [...prompt, ...Array.from({ length: most - prompt.length }, () => chunkOf(tokenizer, [], length))])
}

/** Tokens one by one, and each textual inversion whole. */
function unitsOf(tokenizer: Tokenizer, { text, weight }: Piece, vectors: ReadonlyMap<string, number>, capacity: number): Slot[][] {
  const tokensOf = (part: string): Slot[][] => tokenizer.encode(part).map((id) => [{ id, weight }])
  if (vectors.size === 0) return tokensOf(text)
  const words = new Map([...vectors.keys()].map((word) => [word.toLowerCase(), word]))
  // Split by a pattern with a group: every second part is a word that was found.
  return text.split(anyOf([...words.keys()])).flatMap((part, i) => {
    if (i % 2 === 0) return tokensOf(part)
    const word = words.get(part.toLowerCase())!
    const length = vectors.get(word)!
    if (length > capacity) {
      throw new UserError('embedding-long', `The embedding ${word} has ${length} vectors; a prompt takes at most ${capacity} at once.`, {
        word,
        length,
      })
    }
    return [Array.from({ length }, (_, index) => ({ id: 0, weight, embedding: { word, index } }))]
  })
}

/** Whole words only, the longest first: `bad-hands-5` is not `bad-hands` and a 5. */
function anyOf(words: readonly string[]): RegExp {
  const letter = '[\\p{L}\\p{N}_]'
  const whole = (word: string): string => {
    const before = /^[\p{L}\p{N}_]/u.test(word) ? `(?<!${letter})` : ''
    const after = /[\p{L}\p{N}_]$/u.test(word) ? `(?!${letter})` : ''
    return `${before}${RegExp.escape(word)}${after}`
  }
  const longestFirst = words.toSorted((a, b) => b.length - a.length)
  return new RegExp(`(?:(?<!${letter})embedding:)?(${longestFirst.map(whole).join('|')})`, 'giu')
}

function chunkOf({ start, end, pad }: Tokenizer, slots: readonly Slot[], length: number): Chunk {
  const ids = new Int32Array(length).fill(pad)
  const weights = new Float32Array(length).fill(1)
  ids[0] = start
  ids[slots.length + 1] = end
  for (const [i, slot] of slots.entries()) {
    ids[i + 1] = slot.id
    weights[i + 1] = slot.weight
  }
  const embeddings = slots.flatMap(({ embedding }, i) => (embedding ? [{ at: i + 1, ...embedding }] : []))
  return { ids, weights, embeddings }
}
