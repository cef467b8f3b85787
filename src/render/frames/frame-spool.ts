// A spool of frames: takes them as they are decoded, and gives them to an encoder as often as it asks. What is long lies in a temporary
// file, so that the memory of a render does not grow with its length.

import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Frames } from '../../engine/index.ts'
import { UserError } from '../../errors.ts'
import type { FrameSource } from '../../media/frame-source.ts'

export interface FrameSpool {
  /** All of one size. @throws UserError `no-temporary-file` */
  add(frames: Frames): void
  /** Of all that were added, at least one. */
  source(): FrameSource
  close(): void
}

/** 40 frames of 512×512. */
const usualMemoryBytes = 32 * 2 ** 20

/** @param memoryBytes of frames that are kept without a file */
export function createFrameSpool(memoryBytes: number = usualMemoryBytes): FrameSpool {
  let parts: Frames[] = []
  let file: TemporaryFile | undefined
  let count = 0
  let size: Pick<Frames, 'width' | 'height'> | undefined

  return {
    add(frames) {
      size ??= frames
      parts.push(frames)
      count += frames.count
      if (!file && count * bytesOf(size) <= memoryBytes) return
      file ??= openTemporaryFile()
      for (const { data } of parts) file.append(data)
      parts = []
    },
    source() {
      const { width, height } = size!
      const bytes = bytesOf(size!)
      if (file) {
        const spooled = file
        return { count, width, height, frame: (i) => spooled.read(i * bytes, bytes) }
      }
      const frames = parts.flatMap((part) => Array.from({ length: part.count }, (_, i) => part.data.subarray(i * bytes, (i + 1) * bytes)))
      return { count, width, height, frame: (i) => frames[i]! }
    },
    close: () => file?.close(),
  }
}

const bytesOf = ({ width, height }: Pick<Frames, 'width' | 'height'>): number => width * height * 3

interface TemporaryFile {
  append(bytes: Uint8Array): void
  read(at: number, length: number): Uint8Array
  close(): void
}

function openTemporaryFile(): TemporaryFile {
  const folder = trying(() => mkdtempSync(join(tmpdir(), 'zoetrope-frames-')))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  const file = trying(() => openSync(join(folder, 'frames'), 'w+'))
  // Where a file may be removed while it is open, nothing is left of a process that is killed.
  if (process.platform !== 'win32') remove()
  return {
    append: (bytes) =>
      trying(() => {
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
      }),
    read(at, length) {
      const bytes = new Uint8Array(length)
      const read = readSync(file, bytes, 0, length, at)
      if (read !== length) throw new Error(`a temporary file of frames ends at ${at + read}, expected ${at + length} bytes`)
      return bytes
    },
    close() {
      closeSync(file)
      remove()
    },
  }
}

function trying<T>(work: () => T): T {
  try {
    return work()
  } catch (cause) {
    const why = (cause as Error).message
    throw new UserError(
      'no-temporary-file',
      `An animation of this length needs a temporary file, and there is none (${why}).`,
      {},
      { cause },
    )
  }
}
