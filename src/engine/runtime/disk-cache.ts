// A folder of what was computed from weights, of bounded size: a file appears whole or not at all, one that was damaged is gone, and what
// was used longest ago goes first. Where the disk is full, nothing is kept and the drawing goes on: a cache must not stop it.

import { randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { crc32 } from 'node:zlib'

/** What is kept, and its length: a trailer follows it in the file. */
export interface CachedFile {
  readonly file: string
  readonly bytes: number
}

export interface DiskCache {
  /** What was kept under that name, if it is whole and of that length (absent: any); it now is the one used last. */
  find(name: string, bytes?: number): CachedFile | null
  /** How much it may hold, what it holds included. */
  capacity(): number
  /** Whether so many more bytes fit; what was used longest ago may go for them. */
  makeRoom(bytes: number): boolean
  /** null where it could not be written. */
  keep(name: string, bytes: Uint8Array): CachedFile | null
  /** As `keep`, of what `write` puts into the file at a path of ours. */
  keepFile(name: string, write: (path: string) => Promise<void>): Promise<CachedFile | null>
}

export interface DiskCacheOptions {
  readonly dir: string
  readonly maxBytes: number
  /** Whether graphs point into what is kept: then it stays while this process lives. */
  readonly pointedInto?: boolean
  /** What is left to others on that disk. */
  readonly spareBytes?: number
  /** Told once, in a sentence. */
  readonly onNote?: (note: string) => void
  readonly write?: typeof writeSync
}

const ending = '.weights'

/** Behind the bytes: a mark, and a checksum of samples of them. All of them would take as long to check as to compute again. */
const trailerBytes = 8
const mark = 0x5a_57_31_0a
const sample = 4096
const stride = 4 << 20

export function createDiskCache({
  dir,
  maxBytes,
  pointedInto = true,
  spareBytes = 2e9,
  onNote = () => {},
  write = writeSync,
}: DiskCacheOptions): DiskCache {
  const root = resolve(dir)
  const used = new Set<string>()
  let noted = false

  function giveUp(reason: string): void {
    if (!noted) onNote(`Computed weights are not kept in ${dir}, so that every start computes them again: ${reason}.`)
    noted = true
  }

  const partialFor = (name: string): string => join(root, `${name}${ending}.${randomUUID()}.partial`)

  function enter(name: string, partial: string, bytes: number): CachedFile {
    const file = join(root, name + ending)
    renameSync(partial, file)
    if (pointedInto) used.add(name + ending)
    return { file, bytes }
  }

  function abandon(partial: string, error: unknown): null {
    rmSync(partial, { force: true })
    giveUp(reasonOf(error))
    return null
  }

  return {
    find(name, bytes) {
      const file = join(root, name + ending)
      const length = wholeLength(file)
      if (length === null || (bytes !== undefined && bytes !== length)) return null
      if (pointedInto) used.add(name + ending)
      const now = new Date()
      utimesSync(file, now, now)
      return { file, bytes: length }
    },

    capacity() {
      try {
        mkdirSync(root, { recursive: true })
        return Math.min(maxBytes, takenIn(root) + freeOn(root) - spareBytes)
      } catch (error) {
        giveUp(reasonOf(error))
        return 0
      }
    },

    makeRoom(bytes) {
      try {
        mkdirSync(root, { recursive: true })
        sweep(root, maxBytes - bytes, used)
        const [taken, free] = [takenIn(root), freeOn(root)]
        if (taken + bytes > maxBytes) giveUp(`they take ${inGb(taken + bytes)} GB, and ${inGb(maxBytes)} GB are allowed for them`)
        else if (bytes + spareBytes > free) giveUp(`they take ${inGb(bytes)} GB, and the disk has ${inGb(free)} GB left`)
        else return true
      } catch (error) {
        giveUp(reasonOf(error))
      }
      return false
    },

    keep(name, bytes) {
      const partial = partialFor(name)
      try {
        const fd = openSync(partial, 'wx')
        try {
          for (const part of [bytes, trailerOf(bytes.length, (at, length) => bytes.subarray(at, at + length))]) {
            for (let done = 0; done < part.length; ) done += write(fd, part, done, Math.min(part.length - done, 1 << 28))
          }
        } finally {
          closeSync(fd)
        }
        return enter(name, partial, bytes.length)
      } catch (error) {
        return abandon(partial, error)
      }
    },

    async keepFile(name, write) {
      const partial = partialFor(name)
      try {
        await write(partial)
        return enter(name, partial, addTrailer(partial))
      } catch (error) {
        return abandon(partial, error)
      }
    },
  }
}

/** Of what stands before the trailer; null where the file is not there or not whole, and then it is gone. */
function wholeLength(path: string): number | null {
  if (!existsSync(path)) return null
  const fd = openSync(path, 'r')
  try {
    const length = fstatSync(fd).size - trailerBytes
    const at = reader(fd)
    if (length >= 0 && Buffer.compare(at(length, trailerBytes), trailerOf(length, at)) === 0) return length
    rmSync(path, { force: true })
    return null
  } finally {
    closeSync(fd)
  }
}

/** @returns the length that the file had */
function addTrailer(path: string): number {
  const fd = openSync(path, 'r+')
  try {
    const { size } = fstatSync(fd)
    writeSync(fd, trailerOf(size, reader(fd)), 0, trailerBytes, size)
    return size
  } finally {
    closeSync(fd)
  }
}

const reader =
  (fd: number) =>
  (offset: number, length: number): Uint8Array => {
    const part = new Uint8Array(length)
    return part.subarray(0, readSync(fd, part, 0, length, offset))
  }

function trailerOf(bytes: number, at: (offset: number, length: number) => Uint8Array): Uint8Array {
  let sum = 0
  for (let offset = 0; offset < bytes; offset += stride) sum = crc32(at(offset, Math.min(sample, bytes - offset)), sum)
  sum = crc32(at(Math.max(0, bytes - sample), Math.min(sample, bytes)), sum)
  const trailer = new Uint8Array(trailerBytes)
  new DataView(trailer.buffer).setUint32(0, mark)
  new DataView(trailer.buffer).setUint32(4, sum)
  return trailer
}

interface Entry {
  readonly name: string
  readonly bytes: number
  readonly usedMs: number
}

function filesIn(root: string): Entry[] {
  return readdirSync(root).flatMap((name) => {
    const stat = /\.(weights|partial)$/.test(name) && statSync(join(root, name), { throwIfNoEntry: false })
    return stat ? [{ name, bytes: stat.size, usedMs: stat.mtimeMs }] : []
  })
}

const takenIn = (root: string): number => filesIn(root).reduce((sum, { bytes }) => sum + bytes, 0)

function freeOn(root: string): number {
  const { bavail, bsize } = statfsSync(root)
  return bavail * bsize
}

/** Until the rest fits; what this process points at stays, and what was left half-written goes when nobody can be writing it any more. */
function sweep(root: string, mostBytes: number, used: ReadonlySet<string>): void {
  const files = filesIn(root).sort((a, b) => a.usedMs - b.usedMs)
  let total = files.reduce((sum, { bytes }) => sum + bytes, 0)
  for (const { name, bytes, usedMs } of files) {
    const abandoned = name.endsWith('.partial') && usedMs < Date.now() - 3_600_000
    if ((total <= mostBytes || used.has(name) || name.endsWith('.partial')) && !abandoned) continue
    rmSync(join(root, name), { force: true })
    total -= bytes
  }
}

const inGb = (bytes: number): string => (bytes / 1e9).toFixed(1)

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === undefined) throw error
  return code === 'ENOSPC' || code === 'EDQUOT' ? 'the disk is full' : `they cannot be written (${code})`
}
