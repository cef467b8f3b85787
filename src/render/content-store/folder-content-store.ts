// A content store in a folder that bot and GPU hosts share (NFS, a volume): a content is there whole or not at all, because it is
// written beside and renamed.

import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { openDrafts } from '../../store/drafts.ts'
import { type ContentDigest, type ContentStore, NotStored } from './content-store.ts'

/** A checkpoint in single precision, and more. */
const maxBytes = 16e9

export function createFolderContentStore(folder: string): ContentStore {
  const partial = join(folder, '.partial')
  openDrafts(partial)
  const shardOf = (sha256: string): string => join(folder, sha256.slice(0, 2))
  const pathOf = (sha256: string): string => join(shardOf(sha256), sha256)

  /** What nobody has asked for since it was to be kept; its time of change says until when. */
  async function clearShard(sha256: string): Promise<void> {
    const shard = shardOf(sha256)
    for (const name of await readdir(shard)) {
      const found = await stat(join(shard, name)).catch(() => undefined)
      if (found && found.mtimeMs < Date.now()) await rm(join(shard, name), { force: true })
    }
  }

  return {
    maxBytes,
    has: async (sha256) => (await stat(pathOf(sha256)).catch(() => undefined)) !== undefined,
    async put({ sha256, bytes }: ContentDigest, source, keepMs) {
      const path = pathOf(sha256)
      const until = new Date(Date.now() + keepMs)
      await mkdir(shardOf(sha256), { recursive: true })
      await clearShard(sha256)
      const known = await stat(path).catch(() => undefined)
      if (known?.size === bytes) {
        if (known.mtimeMs < until.getTime()) await utimes(path, until, until)
        return
      }
      const draft = join(partial, `${sha256}.${randomUUID()}`)
      try {
        const file = await open(draft, 'wx')
        try {
          for await (const piece of source()) await file.writeFile(piece)
          await file.sync()
        } finally {
          await file.close()
        }
        await utimes(draft, until, until)
        await rename(draft, path)
      } catch (error) {
        await rm(draft, { force: true })
        throw error
      }
    },
    async *get(sha256) {
      try {
        yield* createReadStream(pathOf(sha256)) as AsyncIterable<Uint8Array>
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new NotStored(sha256)
        throw error
      }
    },
    delete: async (sha256) => rm(pathOf(sha256), { force: true }),
    close: async () => undefined,
  }
}
