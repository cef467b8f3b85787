// What the text encoder said of chunks of text, remembered from one animation to the next: people draw a sentence again with another seed.

import { createLruCache } from '../lru-cache.ts'
import type { Chunk } from '../text/chunks.ts'

type Encode = (chunk: Chunk) => Promise<Float32Array>

/** @param told everything besides the chunk that decides what it becomes */
export type TextCache = (told: readonly string[], encode: Encode) => Encode

/** @param most chunks; one of Stable Diffusion's takes a quarter of a megabyte */
export function createTextCache(most = 128): TextCache {
  const states = createLruCache<Promise<Float32Array>>(most)
  return (told, encode) => (chunk) => {
    const key = JSON.stringify([told, [...chunk.ids], chunk.embeddings])
    const state = states.get(key, () => encode(chunk))
    state.catch(() => states.delete(key))
    return state
  }
}
