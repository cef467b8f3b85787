// CLIP's tokenizer: byte-pair encoding of lower-case words. Its vocabulary follows from the list of merges alone:
// 256 byte letters, the same 256 at a word's end, one token a merge, then start and end of text.
// Source: openai/CLIP, clip/simple_tokenizer.py; cleaned up as transformers does it (NFC, no ftfy, no HTML unescaping).

import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers'
import { UserError } from '../errors.ts'
import { clipMergeCount, clipMerges, tokenizerFiles } from './tokenizer-files.ts'

/** `start`, `end`, `pad` are token ids. SD v1 pads with `end`. */
export interface SpecialTokens {
  readonly start: number
  readonly end: number
  readonly pad: number
}

export interface Tokenizer extends SpecialTokens {
  /** Pairs as merges.txt has them, the most frequent first. */
  readonly merges: readonly string[]
  /** Ids are below this. */
  readonly vocabulary: number
  /** Words with ids of their own above all others, which `encode` does not know. */
  readonly added?: ReadonlyMap<string, number>
  /** Of a model that knows few words, whose `encode` passes over all others: the same without that. */
  readonly unrestricted?: Tokenizer
  /** The ids of a text of any length, without start and end. */
  encode(text: string): number[]
}

/** @param merges pairs as merges.txt has them, `"th e</w>"`, the most frequent first, without its version line */
export function createTokenizer({ merges, start, end, pad }: SpecialTokens & { readonly merges: readonly string[] }): Tokenizer {
  const vocabulary = vocabularyOf(merges)
  const special = (id: number, content: string) => ({ id, content, special: true, normalized: false })
  const inner = new HuggingFaceTokenizer(
    {
      added_tokens: [special(start, startOfText), special(end, endOfText)],
      normalizer: {
        type: 'Sequence',
        normalizers: [{ type: 'NFC' }, { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' }, { type: 'Lowercase' }],
      },
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Split', pattern: { Regex: words }, behavior: 'Removed', invert: true },
          { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
        ],
      },
      model: { type: 'BPE', vocab: Object.fromEntries(vocabulary), merges: [...merges], end_of_word_suffix: '</w>', unk_token: endOfText },
      post_processor: null,
      decoder: null,
    },
    {},
  )
  return {
    merges,
    start,
    end,
    pad,
    vocabulary: vocabulary.size + 2,
    encode: (text) => inner.encode(text, { add_special_tokens: false }).ids,
  }
}

/**
 * CLIP ViT-L/14's own, which every single-file checkpoint means. Takes about 0.1 s.
 * @param vocabulary of a net that knows fewer tokens: the first merges, then start and end
 */
export function clipTokenizer(vocabulary = clipVocabulary): Tokenizer {
  const size = Math.min(vocabulary, clipVocabulary)
  return createTokenizer({ merges: clipMerges().slice(0, size - 2 * 256 - 2), start: size - 2, end: size - 1, pad: size - 1 })
}

const clipVocabulary = clipMergeCount + 2 * 256 + 2

/**
 * The tokenizer of a model folder (`…/tokenizer`), or CLIP's own.
 * @throws UserError `tokenizer-missing`, `tokenizer-file`, `tokenizer-vocabulary`, `tokenizer-pad`
 */
export function loadTokenizer(folder?: string): Tokenizer {
  if (folder === undefined) return clipTokenizer()
  const { merges, pad = endOfText, vocabulary, added } = tokenizerFiles(folder)
  const derived = vocabularyOf(merges)
  const [start, end] = [derived.size, derived.size + 1]
  derived.set(startOfText, start).set(endOfText, end)
  for (const [token, id] of vocabulary ? derived : []) {
    if (vocabulary?.[token] === id) continue
    throw new UserError(
      'tokenizer-vocabulary',
      `The vocabulary in ${folder} is not CLIP's kind: expected id ${id} for ${JSON.stringify(token)}, got ${vocabulary?.[token] ?? 'none'}.`,
      { folder, token, expected: id, got: vocabulary?.[token] },
    )
  }
  const padId = derived.get(pad)
  if (padId === undefined) {
    throw new UserError('tokenizer-pad', `The padding token ${JSON.stringify(pad)} in ${folder} is not in its vocabulary.`, { folder, pad })
  }
  const words = new Map([...added].filter(([word, id]) => id > end && !derived.has(word)))
  return { ...createTokenizer({ merges, start, end, pad: padId }), ...(words.size > 0 && { added: words }) }
}

/** Token → id, without start and end, which come after. */
export function vocabularyOf(merges: readonly string[]): Map<string, number> {
  const tokens = [...byteLetters, ...byteLetters.map((letter) => `${letter}</w>`), ...merges.map((pair) => pair.replace(' ', ''))]
  return new Map(tokens.map((token, id) => [token, id]))
}

export const startOfText = '<|startoftext|>'
export const endOfText = '<|endoftext|>'

/** Contractions, runs of letters, single digits, runs of anything else that is no space. */
const words = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"

/** A printable letter for each byte, in the vocabulary's order: printable bytes are themselves, the rest begin at U+0100. */
const byteLetters: readonly string[] = (() => {
  const printable = [...range(0x21, 0x7e), ...range(0xa1, 0xac), ...range(0xae, 0xff)]
  return [...printable, ...range(0x100, 0x100 + 256 - printable.length - 1)].map((code) => String.fromCharCode(code))
})()

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}
