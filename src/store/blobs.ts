// A blob store: bytes as files. A file is there whole or not at all: it is written elsewhere on the same disk, flushed, then renamed.

import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formats } from '../animation-format.ts'
import { UserError } from '../errors.ts'
import { openDrafts } from './drafts.ts'

/** Bytes by name; a name says nothing of what was asked. */
export interface Blobs {
  /** @throws UserError no-space */
  put(name: string, bytes: Uint8Array): Promise<void>
  get(name: string): Promise<Uint8Array | undefined>
  /** The file itself, for those who only read it; it may be deleted at any time. Undefined where there is none. */
  pathOf(name: string): Promise<string | undefined>
  /** Nothing where there is none. */
  delete(name: string): Promise<void>
  all(): AsyncIterable<Blob>
}

export interface Blob {
  readonly name: string
  readonly bytes: number
  readonly writtenMs: number
}

const nameForm = new RegExp(`^[a-z0-9][a-z0-9-]{0,99}\\.(${formats.join('|')})$`)

export function openBlobs(folder: string): Blobs {
  const partial = join(folder, '.partial')
  openDrafts(partial)

  /** In one of 256 folders, so that none becomes long. */
  function placeOf(name: string): { readonly shard: string; readonly path: string } {
    if (!nameForm.test(name)) throw new Error(`a blob is named like k3j9x.webp, got '${name}'`)
    const shard = join(folder, createHash('sha256').update(name).digest('hex').slice(0, 2))
    return { shard, path: join(shard, name) }
  }

  return {
    async put(name, bytes) {
      const { shard, path } = placeOf(name)
      const draft = join(partial, `${name}.${randomUUID()}`)
      try {
        await writeFile(draft, bytes, { flush: true })
        await mkdir(shard, { recursive: true })
        await rename(draft, path)
      } catch (error) {
        await rm(draft, { force: true })
        if (!isCode(error, 'ENOSPC', 'EDQUOT')) throw error
        const sentence = `There is no space left to keep ${bytes.length} bytes: the operator has to make room.`
        throw new UserError('no-space', sentence, { bytes: bytes.length }, { cause: error })
      }
    },
    async pathOf(name) {
      const { path } = placeOf(name)
      try {
        await stat(path)
        return path
      } catch (error) {
        if (isCode(error, 'ENOENT')) return undefined
        throw error
      }
    },
    async get(name) {
      try {
        return await readFile(placeOf(name).path)
      } catch (error) {
        if (isCode(error, 'ENOENT')) return undefined
        throw error
      }
    },
    delete: async (name) => rm(placeOf(name).path, { force: true }),
    async *all() {
      for (const shard of await readdir(folder)) {
        if (!/^[0-9a-f]{2}$/.test(shard)) continue
        for (const name of await readdir(join(folder, shard))) {
          const found = await stat(join(folder, shard, name)).catch(() => undefined)
          if (found?.isFile() && nameForm.test(name)) yield { name, bytes: found.size, writtenMs: found.mtimeMs }
        }
      }
    },
  }
}

function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
