// A disk cache of checksummed files, for what was computed from weights: a file that was damaged is gone. Where the disk is full, nothing
// is kept and the drawing goes on: a cache must not stop it.

import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { crc32 } from 'node:zlib'
import { createDiskCache } from '../disk-cache.ts'
import { type PartialFile, partialFile } from '../partial-file.ts'

/** What is kept, and its length: a trailer follows it in the file. */
export interface CachedFile {
  readonly file: string
  readonly bytes: number
}

export interface ChecksummedCache {
  /** What was kept under that name, if it is whole and of that length (absent: any); it now is the one used last. */
  find(name: string, bytes?: number): CachedFile | null
  /** How much it may hold, what it holds included. */
  capacity(): number
  /** Whether so many more bytes fit; the least recently used files may be evicted for them. */
  reserve(bytes: number): boolean
  /** null where it could not be written. */
  keep(name: string, bytes: Uint8Array): CachedFile | null
  /** As `keep`, of what `write` puts into the file at a path of ours. */
  keepFile(name: string, write: (path: string) => Promise<void>): Promise<CachedFile | null>
}

export interface ChecksummedCacheOptions {
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

/** Behind the bytes: a mark, and a checksum of samples of them. All of them would take as long to check as to compute again. */
const trailerBytes = 8
const mark = 0x5a_57_31_0a
const sample = 4096
const stride = 4 << 20

export function createChecksummedCache({
  dir,
  maxBytes,
  pointedInto = true,
  spareBytes = 2e9,
  onNote = () => {},
  write = writeSync,
}: ChecksummedCacheOptions): ChecksummedCache {
  const root = resolve(dir)
  const cache = createDiskCache({ dir: root, ending: '.weights', open: openWhole, protect: pointedInto ? 'found' : 'last found' })
  let noted = false

  function giveUp(reason: string): void {
    if (!noted) onNote(`Computed weights are not kept in ${dir}, so that every start computes them again: ${reason}.`)
    noted = true
  }

  function abandon(partial: PartialFile, error: unknown): null {
    partial.abandon()
    giveUp(reasonOf(error))
    return null
  }

  return {
    find(name, bytes) {
      const known = cache.find(name)
      return known && (bytes === undefined || bytes === known.bytes) ? known : null
    },

    capacity() {
      try {
        mkdirSync(root, { recursive: true })
        return Math.min(maxBytes, cache.takenBytes() + cache.freeBytes() - spareBytes)
      } catch (error) {
        giveUp(reasonOf(error))
        return 0
      }
    },

    reserve(bytes) {
      try {
        mkdirSync(root, { recursive: true })
        cache.evict(maxBytes - bytes)
        const [taken, free] = [cache.takenBytes(), cache.freeBytes()]
        if (taken + bytes > maxBytes) giveUp(`they take ${inGb(taken + bytes)} GB, and ${inGb(maxBytes)} GB are allowed for them`)
        else if (bytes + spareBytes > free) giveUp(`they take ${inGb(bytes)} GB, and the disk has ${inGb(free)} GB left`)
        else return true
      } catch (error) {
        giveUp(reasonOf(error))
      }
      return false
    },

    keep(name, bytes) {
      const partial = partialFile(cache.pathOf(name))
      try {
        const fd = openSync(partial.path, 'wx')
        try {
          for (const part of [bytes, trailerOf(bytes.length, (at, length) => bytes.subarray(at, at + length))]) {
            for (let done = 0; done < part.length; ) done += write(fd, part, done, Math.min(part.length - done, 1 << 28))
          }
        } finally {
          closeSync(fd)
        }
        partial.commit()
        return cache.find(name)
      } catch (error) {
        return abandon(partial, error)
      }
    },

    async keepFile(name, write) {
      const partial = partialFile(cache.pathOf(name))
      try {
        await write(partial.path)
        addTrailer(partial.path)
        partial.commit()
        return cache.find(name)
      } catch (error) {
        return abandon(partial, error)
      }
    },
  }
}

/** null where the trailer is not that of what stands before it. */
function openWhole(file: string): CachedFile | null {
  const fd = openSync(file, 'r')
  try {
    const bytes = fstatSync(fd).size - trailerBytes
    const at = reader(fd)
    return bytes >= 0 && Buffer.compare(at(bytes, trailerBytes), trailerOf(bytes, at)) === 0 ? { file, bytes } : null
  } finally {
    closeSync(fd)
  }
}

function addTrailer(path: string): void {
  const fd = openSync(path, 'r+')
  try {
    const { size } = fstatSync(fd)
    writeSync(fd, trailerOf(size, reader(fd)), 0, trailerBytes, size)
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

const inGb = (bytes: number): string => (bytes / 1e9).toFixed(1)

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === undefined) throw error
  return code === 'ENOSPC' || code === 'EDQUOT' ? 'the disk is full' : `they cannot be written (${code})`
}
