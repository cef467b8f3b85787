// Content addressing: names a file, or a model's folder, by the SHA-256 of what it holds, so that another host can tell whether it
// has the same. Only who renders elsewhere asks: a file is read when it is first asked for, and again when it has changed.

import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, relative, sep } from 'node:path'
import { z } from 'zod'
import { fileStamp, filesOfModel } from '../engine/index.ts'
import { UserError } from '../errors.ts'
import { serial } from '../serial.ts'

/** JSON. */
export interface FileContent {
  /** Without its place; the ending counts. */
  readonly name: string
  /** Of its bytes; of a folder, of the list of its files. In hexadecimal digits. */
  readonly sha256: string
  readonly bytes: number
  /** Of a folder: what a model is read from, sorted by path, which is within the folder and has '/' on every system. */
  readonly files?: readonly { readonly path: string; readonly sha256: string; readonly bytes: number }[]
}

export interface FileContents {
  /** @throws UserError `file-not-found` */
  of(path: string): Promise<FileContent>
}

type Digest = Pick<FileContent, 'sha256' | 'bytes'>

/** Of a read; larger ones are no faster, and the process should hear other things in between. */
const chunkBytes = 1 << 20

export interface FileContentsOptions {
  /** A file that spares reading everything again at the next start. */
  readonly keptIn?: string
}

const keptSchema = z.array(
  z.tuple([z.string(), z.object({ stamp: z.string(), digest: z.object({ sha256: z.string(), bytes: z.number() }) })]),
)

export function createFileContents({ keptIn }: FileContentsOptions = {}): FileContents {
  const known = new Map(keptIn === undefined ? [] : readKept(keptIn))
  /** Two at once would read one disk in turns, and one file twice. */
  const inTurn = serial()

  function digestOf(path: string): Promise<Digest> {
    return inTurn(async () => {
      const stamp = fileStamp(path)
      const before = known.get(path)
      if (before?.stamp === stamp) return before.digest
      const digest = await read(path)
      known.set(path, { stamp, digest })
      if (digest.bytes > largeBytes || known.size % pruneEvery === 0) keep()
      return digest
    })
  }

  /** What is still there. Written beside and renamed: a file that is cut off would be read as none, and everything again. */
  function keep(): void {
    for (const path of known.keys()) if (!existsSync(path)) known.delete(path)
    if (keptIn === undefined) return
    writeFileSync(`${keptIn}.part`, JSON.stringify([...known].filter(([, { digest }]) => digest.bytes > largeBytes)))
    renameSync(`${keptIn}.part`, keptIn)
  }

  return {
    async of(path) {
      const paths = filesOfModel(path)
      const name = basename(path)
      if (paths[0] === path) return { name, ...(await digestOf(path)) }
      const files = await Promise.all(
        paths.map(async (file) => ({ path: relative(path, file).replaceAll(sep, '/'), ...(await digestOf(file)) })),
      )
      files.sort((a, b) => (a.path < b.path ? -1 : 1))
      const sha256 = createHash('sha256').update(JSON.stringify(files)).digest('hex')
      return { name, sha256, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), files }
    },
  }
}

/** Animations that others go on from are small, and come and go. */
const pruneEvery = 500

/** Whoever reads less has read it before it could have been kept. */
const largeBytes = 1 << 20

function readKept(path: string): z.infer<typeof keptSchema> {
  try {
    return keptSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return []
  }
}

async function read(path: string): Promise<Digest> {
  const hash = createHash('sha256')
  let bytes = 0
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes }) as AsyncIterable<Buffer>) {
      hash.update(chunk)
      bytes += chunk.length
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    throw new UserError('file-not-found', `There is no file ${path}.`, { path }, { cause })
  }
  return { sha256: hash.digest('hex'), bytes }
}
