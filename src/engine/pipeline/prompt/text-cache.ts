// A text cache: the text encoder's states of chunks, kept from one animation to the next. People draw a sentence again with another seed.

import { createLruCache } from '../../lru-cache.ts'
import type { Chunk } from '../../text/chunks.ts'

type Encode = (chunk: Chunk) => Promise<Float32Array>

/** @param key everything besides the chunk that decides what it becomes */
export type TextCache = (key: readonly string[], encode: Encode) => Encode

/** @param most chunks; one of Stable Diffusion's takes a quarter of a megabyte */
export function createTextCache(most = 128): TextCache {
  const states = createLruCache<Promise<Float32Array>>(most)
  return (key, encode) => (chunk) => {
    const whole = JSON.stringify([key, [...chunk.ids], chunk.embeddings])
    const state = states.get(whole, () => encode(chunk))
    state.catch(() => states.delete(whole))
    return state
  }
}
