// A disk cache: a folder of bounded size that evicts the least recently used files. When a file was used is its time of access, set
// at every use, so that all processes that share the folder agree, however the disk is mounted. When it was written stays: what is computed
// from a file is kept under that. What is in it and how it is written is the business of whoever uses it.

import { existsSync, readdirSync, rmSync, statfsSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { partialEnding } from './partial-file.ts'

export interface DiskCache<T> {
  pathOf(name: string): string
  /** What `open` makes of the file, which now is the one used last. One that is not whole is deleted. */
  find(name: string): T | null
  /** Deletes what is half-written and can have no writer any more, then evicts until so much is left, or what is protected. */
  evict(mostBytes: number): void
  /** Of its files, half-written ones included. */
  takenBytes(): number
  /** On its disk. */
  freeBytes(): number
}

export interface DiskCacheOptions<T> {
  readonly dir: string
  /** Of the names of its files, such as `.weights`. */
  readonly ending: string
  /** null where the file is not whole. */
  readonly open: (path: string) => T | null
  /** What is not evicted: everything that this process has found, or the one that it found last. */
  readonly protect: 'found' | 'last found'
}

/** No file takes as long to write. */
const abandonedMs = 3_600_000

/** A file of another account, or on a disk that cannot be written, is no less good for being as old as it looks. */
function touch(path: string): void {
  try {
    // Times are set in milliseconds: the first use, before anybody can have read it, rounds what the next ones leave alone.
    utimesSync(path, new Date(), statSync(path).mtime)
  } catch {
    // evicted sooner than it would be
  }
}

export function createDiskCache<T>({ dir, ending, open, protect }: DiskCacheOptions<T>): DiskCache<T> {
  const found = new Set<string>()

  function files(): Entry[] {
    return readdirSync(dir).flatMap((name) => {
      if (!name.endsWith(ending) && !name.endsWith(partialEnding)) return []
      const stat = statSync(join(dir, name), { throwIfNoEntry: false })
      return stat ? [{ name, bytes: stat.size, usedMs: stat.atimeMs, writtenMs: stat.mtimeMs }] : []
    })
  }

  return {
    pathOf: (name) => join(dir, name + ending),

    find(name) {
      const path = join(dir, name + ending)
      if (!existsSync(path)) return null
      const value = open(path)
      if (value === null) {
        rmSync(path, { force: true })
        return null
      }
      touch(path)
      if (protect === 'last found') found.clear()
      found.add(name + ending)
      return value
    },

    evict(mostBytes) {
      const remove = ({ name }: Entry): void => rmSync(join(dir, name), { force: true })
      const abandoned = (it: Entry): boolean => isPartial(it) && it.writtenMs < Date.now() - abandonedMs
      for (const it of files().filter(abandoned)) remove(it)
      const left = files()
      let total = sumOf(left)
      for (const it of left.filter((it) => !isPartial(it) && !found.has(it.name)).sort((a, b) => a.usedMs - b.usedMs)) {
        if (total <= mostBytes) return
        remove(it)
        total -= it.bytes
      }
    },

    takenBytes: () => sumOf(files()),

    freeBytes() {
      const { bavail, bsize } = statfsSync(dir)
      return bavail * bsize
    },
  }
}

interface Entry {
  readonly name: string
  readonly bytes: number
  readonly usedMs: number
  readonly writtenMs: number
}

const isPartial = ({ name }: Entry): boolean => name.endsWith(partialEnding)

const sumOf = (files: readonly Entry[]): number => files.reduce((sum, { bytes }) => sum + bytes, 0)
