// Style pictures: what a style's example looks like, drawn once for each state of a style, kept among the blobs; those that ship lie
// beside them.

import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import type { Blobs } from '../../store/store.ts'
import type { StyleEntry } from '../registry/style-entry.ts'
import type { PictureFormat, StylePicture } from './style.ts'

export interface StylePictures {
  get(entry: StyleEntry, format: PictureFormat): Promise<StylePicture | undefined>
  keep(entry: StyleEntry, format: PictureFormat, bytes: Uint8Array): Promise<void>
  forget(entry: StyleEntry): Promise<void>
}

export interface StylePicturesOptions {
  readonly blobs: Blobs
  /** Where the picture of a style lies that ships, as it ships: a WebP. */
  readonly shippedWith: (entry: StyleEntry) => string | undefined
  /** Makes a GIF of a WebP; absent: those that have one keep it, the others have none. */
  readonly webpToGif?: (webp: Uint8Array) => Promise<Uint8Array>
}

export function createStylePictures({ blobs, shippedWith, webpToGif }: StylePicturesOptions): StylePictures {
  const keep: StylePictures['keep'] = (entry, format, bytes) => blobs.put(nameOf(entry, format), bytes)

  async function webpOf(entry: StyleEntry): Promise<Uint8Array | undefined> {
    const path = shippedWith(entry)
    return (await blobs.get(nameOf(entry, 'webp'))) ?? (path !== undefined && existsSync(path) ? readFileSync(path) : undefined)
  }

  async function gifOf(entry: StyleEntry): Promise<Uint8Array | undefined> {
    const kept = await blobs.get(nameOf(entry, 'gif'))
    if (kept || !webpToGif) return kept
    const webp = await webpOf(entry)
    const gif = webp && (await webpToGif(webp))
    if (gif) await keep(entry, 'gif', gif)
    return gif
  }

  return {
    async get(entry, format) {
      const webp = format === 'webp' ? await webpOf(entry) : undefined
      if (webp) return pictureOf(webp, 'webp')
      const gif = await gifOf(entry) // loops wherever a WebP does
      return gif && pictureOf(gif, 'gif')
    },
    keep,
    async forget(entry) {
      for (const format of ['webp', 'gif'] as const) await blobs.delete(nameOf(entry, format))
    },
  }
}

/** Whether a blob is a style's picture, which no job has and which stays: the ids of jobs have no hyphen. */
export const isStylePicture = (blob: string): boolean => blob.startsWith('style-')

/** Everything that is seen, and nothing that is not: another name is no other picture. */
function nameOf(entry: StyleEntry, format: PictureFormat): string {
  const { id, base, files, triggers, before, after, negative, defaults, example } = entry
  const seen = [
    id,
    base,
    files.map(({ sha256, strength, word }) => [sha256, strength, word]),
    triggers,
    before,
    after,
    negative,
    defaults,
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
