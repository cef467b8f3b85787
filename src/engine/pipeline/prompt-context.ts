// What the UNet is told: prompts as the text encoder's states, computed once for each text and remembered.

import type { Tokenizer } from '../text/tokenizer.ts'
import type { Context } from './animate.ts'
import type { Nets } from './nets.ts'

export interface Contexts {
  /** At step i, from 0. */
  at(i: number): Promise<Context>
}

export function createContexts(
  nets: Pick<Nets, 'encodeText'>,
  tokenizer: Tokenizer,
  { prompt, negative, clipSkip }: { prompt: string; negative: string; steps: number; clipSkip: number },
): Contexts {
  const known = new Map<string, Promise<Float32Array>>()
  const encode = (text: string): Promise<Float32Array> => {
    const state = known.get(text) ?? nets.encodeText(padded(tokenizer, text), clipSkip)
    known.set(text, state)
    return state
  }
  return { at: async () => ({ prompt: await encode(prompt), negative: await encode(negative) }) }
}

function padded(tokenizer: Tokenizer, text: string): Int32Array {
  const ids = new Int32Array(77).fill(tokenizer.pad)
  ids.set([tokenizer.start, ...tokenizer.encode(text).slice(0, 75), tokenizer.end])
  return ids
}
