// What a style's example looks like: drawn once for each state of a style, kept among the blobs; those that ship lie beside them.

import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import type { Blobs } from '../store/store.ts'
import type { Entry } from './entry.ts'
import type { StylePicture } from './style.ts'

/** What loops by itself somewhere: WebP on Discord and the page, GIF on Slack. */
export type PictureFormat = Exclude<StylePicture['format'], 'mp4'>

export interface Pictures {
  get(entry: Entry, format: PictureFormat): Promise<StylePicture | undefined>
  keep(entry: Entry, format: PictureFormat, bytes: Uint8Array): Promise<void>
  forget(entry: Entry): Promise<void>
}

/** @param shippedWith where the picture of a style lies that ships, as it ships */
export function createPictures(blobs: Blobs, shippedWith: (entry: Entry) => string | undefined): Pictures {
  return {
    async get(entry, format) {
      const kept = await blobs.get(nameOf(entry, format))
      if (kept) return pictureOf(kept, format)
      const path = format === 'webp' ? shippedWith(entry) : undefined
      return path !== undefined && existsSync(path) ? pictureOf(readFileSync(path), format) : undefined
    },
    keep: (entry, format, bytes) => blobs.put(nameOf(entry, format), bytes),
    async forget(entry) {
      for (const format of ['webp', 'gif'] as const) await blobs.delete(nameOf(entry, format))
    },
  }
}

/** Whether a blob is a style's picture, which no job has and which stays: the ids of jobs have no hyphen. */
export const isStylePicture = (blob: string): boolean => blob.startsWith('style-')

/** Everything that is seen, and nothing that is not: another name is no other picture. */
function nameOf({ id, base, files, triggers, before, after, negative, habits, example }: Entry, format: PictureFormat): string {
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
  return `style-${createHash('sha256').update(JSON.stringify(seen)).digest('hex').slice(0, 32)}.${format}`
}

/** An animated WebP begins with its canvas (RFC 9649, VP8X): two sides of three bytes, less one. A GIF has two bytes a side. */
function pictureOf(bytes: Uint8Array, format: PictureFormat): StylePicture {
  const { buffer, byteOffset, byteLength } = bytes
  const view = new DataView(buffer, byteOffset, byteLength)
  if (format === 'gif') return { bytes, format, width: view.getUint16(6, true), height: view.getUint16(8, true) }
  const side = (at: number): number => 1 + (view.getUint32(at - 1, true) >>> 8)
  return { bytes, format, width: side(24), height: side(27) }
}
