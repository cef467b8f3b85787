// A folder of computed weights, of bounded size: a file appears whole or not at all, one that was damaged is gone, and what was used
// longest ago goes first. Where the disk is full, nothing is kept and the drawing goes on: a cache must not stop it.

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

export interface WeightFolder {
  /** The file of that name, if it is whole and holds so many bytes; it now is the one used last. */
  find(name: string, bytes: number): string | null
  /** How much it may hold, what it holds included. */
  capacity(): number
  /** Whether so many more bytes fit; what was used longest ago may go for them. */
  makeRoom(bytes: number): boolean
  /** null where it could not be written. */
  keep(name: string, bytes: Uint8Array): string | null
}

export interface WeightFolderOptions {
  readonly dir: string
  readonly maxBytes: number
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

export function createWeightFolder({
  dir,
  maxBytes,
  spareBytes = 2e9,
  onNote = () => {},
  write = writeSync,
}: WeightFolderOptions): WeightFolder {
  const root = resolve(dir)
  const used = new Set<string>()
  let noted = false

  function giveUp(reason: string): void {
    if (!noted) onNote(`Computed weights are not kept in ${dir}, so that every start computes them again: ${reason}.`)
    noted = true
  }

  return {
    find(name, bytes) {
      const path = join(root, name + ending)
      if (!isWhole(path, bytes)) return null
      used.add(name + ending)
      const now = new Date()
      utimesSync(path, now, now)
      return path
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
      const path = join(root, name + ending)
      const partial = `${path}.${randomUUID()}.partial`
      try {
        const fd = openSync(partial, 'wx')
        try {
          for (const part of [bytes, trailerOf(bytes.length, (at, length) => bytes.subarray(at, at + length))]) {
            for (let done = 0; done < part.length; ) done += write(fd, part, done, Math.min(part.length - done, 1 << 28))
          }
        } finally {
          closeSync(fd)
        }
        renameSync(partial, path)
        used.add(name + ending)
        return path
      } catch (error) {
        rmSync(partial, { force: true })
        giveUp(reasonOf(error))
        return null
      }
    },
  }
}

/** There, of this length, and with the trailer that its bytes ask for; a file that is damaged is removed. */
function isWhole(path: string, bytes: number): boolean {
  if (!existsSync(path)) return false
  const fd = openSync(path, 'r')
  try {
    const at = (offset: number, length: number): Uint8Array => {
      const part = new Uint8Array(length)
      return part.subarray(0, readSync(fd, part, 0, length, offset))
    }
    const whole = fstatSync(fd).size === bytes + trailerBytes && Buffer.compare(at(bytes, trailerBytes), trailerOf(bytes, at)) === 0
    if (!whole) rmSync(path, { force: true })
    return whole
  } finally {
    closeSync(fd)
  }
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

interface Kept {
  readonly name: string
  readonly bytes: number
  readonly usedMs: number
}

function filesIn(root: string): Kept[] {
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
