// Checked contents: what a content store gives, held against its hash before anybody opens it.

import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type ContentDigest, type ContentStore, WrongContent } from './content-store.ts'

/** Passes on what comes, and throws at its end, or as soon as it is too long, where it is not what was asked for. */
export async function* checked(content: ContentDigest, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const piece of source) {
    bytes += piece.length
    if (bytes > content.bytes) throw new WrongContent(content, { sha256: 'more', bytes })
    hash.update(piece)
    yield piece
  }
  const found = { sha256: hash.digest('hex'), bytes }
  if (found.sha256 !== content.sha256 || found.bytes !== content.bytes) throw new WrongContent(content, found)
}

/** @throws NotStored, WrongContent */
export async function readContent(store: Pick<ContentStore, 'get'>, content: ContentDigest): Promise<Uint8Array> {
  return Buffer.concat(await Array.fromAsync(checked(content, store.get(content.sha256))))
}

/**
 * Writes a content to a file, which is there whole and right, or not at all.
 * @param partial a folder on the same disk for what has not come whole
 * @throws NotStored, WrongContent
 */
export async function fetchContent(
  store: Pick<ContentStore, 'get'>,
  content: ContentDigest,
  { path, partial }: { readonly path: string; readonly partial: string },
): Promise<void> {
  mkdirSync(partial, { recursive: true })
  mkdirSync(dirname(path), { recursive: true })
  const draft = join(partial, `${content.sha256}.${randomUUID()}`)
  try {
    const file = await open(draft, 'wx')
    try {
      for await (const piece of checked(content, store.get(content.sha256))) await file.writeFile(piece)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}
