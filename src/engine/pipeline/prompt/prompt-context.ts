// Prompt encoding: the text that the UNet attends to at every call, as the text encoder's states. What does not change is encoded once.
// L tokens, 77 a chunk (or as many as the text encoder has positions for)  D token width

import { concat } from '../../arrays/concat.ts'
import { UserError } from '../../errors.ts'
import { alignChunks, type Chunk, chunkLength, chunks } from '../../text/chunks.ts'
import { composition, type PromptPart } from '../../text/composition.ts'
import { applyEmphasis } from '../../text/emphasis.ts'
import { parsePrompt } from '../../text/prompt.ts'
import { promptAt } from '../../text/prompt-schedule.ts'
import type { Tokenizer } from '../../text/tokenizer.ts'
import type { Context } from '../denoise.ts'

export interface Prompts {
  readonly prompt: string
  readonly negative: string
  /** How often the UNet is asked; a prompt may change from one to the next. */
  readonly calls: number
  /** Textual inversions, by word: how many vectors. */
  readonly vectors?: ReadonlyMap<string, number>
  /** Of the text encoder; 77 where absent. */
  readonly positions?: number
}

/** Each part is a pass of the net at every step, and every number of chunks a graph of its own. */
const [mostParts, mostChunks] = [8, 8]

/** Of a part, and of a word however deep it stands in brackets: far above it the nets' numbers overflow. */
const mostWeight = 10_000

/**
 * All texts of an animation have as many chunks, also those of other calls: then one graph reads them all.
 * @param encode a chunk → [its length, D]
 * @returns a context for each call, the same object as long as nothing changes
 * @throws UserError `prompt-parts`, `prompt-long`
 */
export async function encodePrompts(
  encode: (chunk: Chunk) => Promise<Float32Array>,
  tokenizer: Tokenizer,
  { prompt, negative, calls, ...read }: Prompts,
): Promise<Context<Float32Array>[]> {
  const parts = partsOf(prompt)
  const textsAt = (call: number): string[] => [negative, ...parts.map(({ text }) => text)].map((text) => promptAt(text, call, calls))
  const texts = Array.from({ length: calls }, (_, call) => textsAt(call)).flat()
  const states = await encodeTexts(encode, tokenizer, texts, read)

  const known = new Map<string, Context<Float32Array>>()
  return Array.from({ length: calls }, (_, call) => {
    const [away, ...towards] = textsAt(call)
    const key = JSON.stringify([away, ...towards])
    const context = known.get(key) ?? {
      negative: states.get(away!)!,
      parts: towards.map((text, i) => ({ context: states.get(text)!, weight: parts[i]!.weight })),
    }
    known.set(key, context)
    return context
  })
}

/** @throws UserError `prompt-parts`, `prompt-weight` */
export function partsOf(prompt: string): PromptPart[] {
  const parts = composition(prompt)
  if (parts.length > mostParts) {
    throw new UserError('prompt-parts', `AND joins at most ${mostParts} parts of a prompt, not ${parts.length}.`, {
      parts: parts.length,
      most: mostParts,
    })
  }
  refuseHeavy(parts)
  return parts
}

/** @throws UserError `prompt-weight` */
function refuseHeavy(pieces: readonly { readonly text: string; readonly weight: number }[]): void {
  const heavy = pieces.find(({ weight }) => !(Math.abs(weight) <= mostWeight))
  if (!heavy) return
  const [text, weight] = [heavy.text.trim().slice(0, 40), String(heavy.weight)]
  throw new UserError('prompt-weight', `"${text}" has the weight ${weight} in the prompt: at most ${mostWeight} can be drawn with.`, {
    text,
    weight,
    most: mostWeight,
  })
}

/** Each text once, as [L, D] of as many chunks as the longest. @throws UserError `prompt-long`, `prompt-weight` */
export async function encodeTexts(
  encode: (chunk: Chunk) => Promise<Float32Array>,
  tokenizer: Tokenizer,
  all: readonly string[],
  { vectors, positions = chunkLength }: Pick<Prompts, 'vectors' | 'positions'> = {},
): Promise<ReadonlyMap<string, Float32Array>> {
  const texts = [...new Set(all)]
  const pieces = texts.map(parsePrompt)
  pieces.forEach(refuseHeavy)
  const aligned = alignedChunks(tokenizer, pieces, vectors, positions)
  const [chunked, length] = [aligned[0]!.length, aligned[0]![0]!.ids.length]
  const most = Math.ceil((mostChunks * chunkLength) / length)
  if (chunked > most) {
    const [tokens, each] = [(length - 2) * most, length - 2]
    const sentence = `A prompt has at most ${tokens} tokens, in ${most} chunks of ${each}; this one takes ${chunked} chunks.`
    throw new UserError('prompt-long', sentence, { chunks: chunked, most, tokens, each })
  }
  const states = new Map<string, Float32Array>()
  for (const [i, text] of texts.entries()) states.set(text, await stateOf(aligned[i]!, encode))
  return states
}

/**
 * Chunks of 77, and longer ones only where those hold what would be cut: what comes later changes nothing before it, but every token that is
 * padded is one more that the UNet looks at.
 */
function alignedChunks(
  tokenizer: Tokenizer,
  pieces: readonly ReturnType<typeof parsePrompt>[],
  vectors: ReadonlyMap<string, number> | undefined,
  positions: number,
): Chunk[][] {
  const of = (length: number) => alignChunks(tokenizer, ...pieces.map((each) => chunks(tokenizer, each, vectors, length)))
  const short = of(chunkLength)
  if (positions === chunkLength || short[0]!.length === 1) return short
  const long = of(positions)
  return long[0]!.length < short[0]!.length ? long : short
}

/** Chunks end to end, [L, D]. */
async function stateOf(all: readonly Chunk[], encode: (chunk: Chunk) => Promise<Float32Array>): Promise<Float32Array> {
  const encoded: Float32Array[] = []
  for (const chunk of all) encoded.push(await encode(chunk))
  return applyEmphasis(concat(encoded), concat(all.map(({ weights }) => weights)), all[0]!.ids.length)
}
