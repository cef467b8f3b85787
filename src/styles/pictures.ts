// What a style's example looks like: drawn once for each state of a style, kept among the blobs; those that ship lie beside them.

import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import type { Blobs } from '../store/store.ts'
import type { Entry } from './entry.ts'
import type { StylePicture } from './style.ts'

export interface Pictures {
  get(entry: Entry): Promise<StylePicture | undefined>
  keep(entry: Entry, bytes: Uint8Array): Promise<void>
  forget(entry: Entry): Promise<void>
}

/** @param shippedWith where the picture of a style lies that ships, as it ships */
export function createPictures(blobs: Blobs, shippedWith: (entry: Entry) => string | undefined): Pictures {
  return {
    async get(entry) {
      const kept = await blobs.get(nameOf(entry))
      if (kept) return pictureOf(kept)
      const path = shippedWith(entry)
      return path !== undefined && existsSync(path) ? pictureOf(readFileSync(path)) : undefined
    },
    keep: (entry, bytes) => blobs.put(nameOf(entry), bytes),
    forget: (entry) => blobs.delete(nameOf(entry)),
  }
}

/** Everything that is seen, and nothing that is not: another name is no other picture. */
function nameOf({ id, base, files, triggers, before, after, negative, habits, example }: Entry): string {
  const seen = [
    id,
    base,
    files.map(({ sha256, strength, word }) => [sha256, strength, word]),
    triggers,
    before,
    after,
    negative,
    habits,
    example,
  ]
  return `style-${createHash('sha256').update(JSON.stringify(seen)).digest('hex').slice(0, 32)}`
}

/** An animated WebP begins with its canvas (RFC 9649, VP8X): two sides of three bytes, less one. */
function pictureOf(bytes: Uint8Array): StylePicture {
  const side = (at: number): number => 1 + bytes[at]! + bytes[at + 1]! * 0x100 + bytes[at + 2]! * 0x10000
  return { bytes, format: 'webp', width: side(24), height: side(27) }
}
