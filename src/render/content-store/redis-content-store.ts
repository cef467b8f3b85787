// A content store in Redis: in pieces that expire, so that a Redis is all that bot and GPU hosts need. For LoRAs and results; whole
// checkpoints are installed on the hosts.

import type { Redis } from 'ioredis'
import { type ContentDigest, type ContentStore, NotStored } from './content-store.ts'

export interface RedisContentStoreOptions {
  /** A connection of its own: pieces hold up whatever else waits on one. */
  readonly redis: () => Redis
  readonly keyOf: (sha256: string) => string
  readonly maxBytes?: number
}

/** What Redis keeps lies in its memory. */
const usualMaxBytes = 256 * 2 ** 20

/** Of one value: large enough that few are asked for, small enough that Redis answers others in between. */
const pieceBytes = 512 * 2 ** 10

export function createRedisContentStore({ redis, keyOf, maxBytes = usualMaxBytes }: RedisContentStoreOptions): ContentStore {
  const pieceKey = (sha256: string, index: number): string => `${keyOf(sha256)}:${index}`

  /** It is written last and expires first: where it is, every piece is. */
  async function countPieces(sha256: string): Promise<number | undefined> {
    const pieces = Number((await redis().get(keyOf(sha256))) ?? 'none')
    // Anybody may have written it who reaches Redis.
    return Number.isInteger(pieces) && pieces >= 0 && pieces <= maxBytes / pieceBytes + 1 ? pieces : undefined
  }

  async function keepLonger(sha256: string, pieces: number, keepMs: number): Promise<boolean> {
    const pipeline = redis().pipeline()
    for (let index = 0; index < pieces; index++) pipeline.pexpire(pieceKey(sha256, index), keepMs + spareMs, 'GT')
    const found = (await pipeline.exec()) ?? []
    if (found.some(([error]) => error)) throw found.find(([error]) => error)![0]!
    const there = await redis().exists(...Array.from({ length: pieces }, (_, index) => pieceKey(sha256, index)))
    if (there < pieces) return false
    await redis().pexpire(keyOf(sha256), keepMs, 'GT')
    return true
  }

  return {
    maxBytes,
    has: async (sha256) => (await countPieces(sha256)) !== undefined,
    async put({ sha256, bytes }: ContentDigest, source, keepMs) {
      if (bytes > maxBytes) throw new Error(`a content of ${bytes} bytes is more than the ${maxBytes} that Redis is given`)
      const known = await countPieces(sha256)
      if (known !== undefined && (await keepLonger(sha256, known, keepMs))) return
      let index = 0
      for await (const piece of inPieces(source())) await redis().set(pieceKey(sha256, index++), piece, 'PX', keepMs + spareMs)
      await redis().set(keyOf(sha256), String(index), 'PX', keepMs)
    },
    async *get(sha256) {
      const pieces = await countPieces(sha256)
      if (pieces === undefined) throw new NotStored(sha256)
      for (let index = 0; index < pieces; index++) {
        const piece = await redis().getBuffer(pieceKey(sha256, index))
        if (!piece) throw new NotStored(sha256)
        yield piece
      }
    },
    async delete(sha256) {
      const pieces = await countPieces(sha256)
      if (pieces === undefined) return
      await redis().del(keyOf(sha256), ...Array.from({ length: pieces }, (_, index) => pieceKey(sha256, index)))
    },
    close: async () => undefined,
  }
}

/** A piece outlives the key that says how many there are. */
const spareMs = 60_000

/** Of one size but for the last, however they come. An empty content has one empty piece. */
async function* inPieces(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void> {
  let held: Uint8Array[] = []
  let bytes = 0
  for await (const part of source) {
    held.push(part)
    bytes += part.length
    if (bytes < pieceBytes) continue
    const all = Buffer.concat(held)
    const whole = all.length - (all.length % pieceBytes)
    for (let from = 0; from < whole; from += pieceBytes) yield all.subarray(from, from + pieceBytes)
    held = whole < all.length ? [all.subarray(whole)] : []
    bytes = all.length - whole
  }
  yield Buffer.concat(held)
}
