// Saves a stream to a new file, digested and counted on the way: whoever sends it may send more than was said.

import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'

export interface Fetched {
  readonly bytes: number
  /** Of what arrived. */
  readonly sha256: string
}

export interface SaveLimits {
  readonly maxBytes: number
  /** What is thrown at the first byte too many. @param bytes that had arrived by then */
  readonly tooLarge: (bytes: number) => Error
  readonly signal: AbortSignal
}

/** @param to a path that is free; what has arrived lies there where it throws */
export async function saveStream(
  pieces: AsyncIterable<Uint8Array>,
  to: string,
  { maxBytes, tooLarge, signal }: SaveLimits,
): Promise<Fetched> {
  const hash = createHash('sha256')
  let bytes = 0
  const counted = async function* (incoming: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of incoming) {
      bytes += piece.length
      if (bytes > maxBytes) throw tooLarge(bytes)
      hash.update(piece)
      yield piece
    }
  }
  await pipeline(pieces, counted, createWriteStream(to, { flags: 'wx' }), { signal })
  return { bytes, sha256: hash.digest('hex') }
}
