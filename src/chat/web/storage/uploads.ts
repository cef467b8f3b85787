// Uploads: files that people hand over with a command, kept beside the conversation for it to read; an hour, or a little more, at most.

import { randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { UserError } from '../../../errors.ts'
import type { Attachment } from '../../contract/attachment.ts'
import { HttpError } from '../http/http-error.ts'

export interface Uploads {
  /**
   * @param beside an earlier one of this person, which stays; others of this person go
   * @throws HttpError no-uploads, too-many-uploads, file-too-large, disk-full, cut-short
   */
  take(person: string, name: string, body: ReadableStream<Uint8Array> | null, beside?: string): Promise<Attachment>
  /** @throws HttpError file-gone, also where it is somebody else's */
  find(person: string, id: string): Attachment
  /** @throws UserError file-gone */
  read(attachment: Attachment, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** Takes away what was handed over too long ago. */
  prune(): Promise<void>
  forget(person: string): Promise<void>
  clear(): Promise<void>
}

interface Upload {
  readonly attachment: Attachment
  readonly person: string
  readonly path: string
  /** Handed over together. */
  readonly batch: string
  readonly atMs: number
}

const keptMs = 3600_000
/** Batches of all people together, and files of one: a disk is not to be filled by a page. */
const maxUploads = 8
const maxTogether = 50

export function createUploads(folder: string, maxBytes: number, now: () => number): Uploads {
  const uploads = new Map<string, Upload>()
  const dropWhere = async (isOver: (one: Upload) => boolean) => {
    for (const [id, one] of [...uploads]) {
      if (!isOver(one)) continue
      uploads.delete(id)
      await rm(one.path, { force: true })
    }
  }
  const prune = () => dropWhere(({ atMs }) => now() - atMs > keptMs)

  return {
    async take(person, name, body, beside) {
      if (maxBytes === 0) throw new HttpError(404, 'no-uploads', 'There is no command that takes a file.')
      await prune()
      // a new one of the same person takes the place of the last
      const earlier = beside === undefined ? undefined : uploads.get(beside)
      const batch = earlier?.person === person ? earlier.batch : randomBytes(18).toString('hex')
      await dropWhere((one) => one.person === person && one.batch !== batch)
      const batches = new Set([...uploads.values()].map((one) => one.batch))
      const together = [...uploads.values()].filter((one) => one.batch === batch).length
      if (batches.size - Number(batches.has(batch)) >= maxUploads || together >= maxTogether)
        throw new HttpError(429, 'too-many-uploads', 'Too many files have just been handed over: try again later.')
      await mkdir(folder, { recursive: true })
      const id = randomBytes(18).toString('hex')
      const path = join(folder, id)
      let bytes = 0
      const counted = new Transform({
        transform(chunk: Uint8Array, _encoding, done) {
          bytes += chunk.byteLength
          done(bytes > maxBytes ? new HttpError(413, 'file-too-large', `A file may have ${maxBytes} bytes.`) : null, chunk)
        },
      })
      try {
        await pipeline(body ? Readable.fromWeb(body) : Readable.from([]), counted, createWriteStream(path, { mode: 0o600 }))
      } catch (error) {
        await rm(path, { force: true })
        throw troubleOf(error)
      }
      const attachment = { url: `upload:${id}`, name, bytes }
      uploads.set(id, { attachment, person, path, batch, atMs: now() })
      return attachment
    },

    find(person, id) {
      const one = uploads.get(id)
      if (one?.person === person) return one.attachment
      throw new HttpError(404, 'file-gone', gone)
    },

    async *read({ url }, signal) {
      const one = uploads.get(url.replace(/^upload:/, ''))
      if (!one) throw new UserError('file-gone', gone)
      yield* createReadStream(one.path, { signal }) as AsyncIterable<Uint8Array>
    },

    prune,

    forget: (person) => dropWhere((one) => one.person === person),

    async clear() {
      uploads.clear()
      if (maxBytes > 0) await rm(folder, { recursive: true, force: true })
    },
  }
}

function troubleOf(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (error instanceof HttpError) return error
  if (code === 'ENOSPC' || code === 'EDQUOT') return new HttpError(413, 'disk-full', 'There is no room left for that file.')
  // everything else that writes could fail of is told as a bug; reading fails when people go
  return code === undefined || code.startsWith('ERR_STREAM') || code === 'ECONNRESET' || code === 'ABORT_ERR'
    ? new HttpError(400, 'cut-short', 'The file did not arrive whole: hand it over again.')
    : error
}

const gone = 'That file is no longer there: hand it over again.'
