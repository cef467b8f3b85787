// Random access to a file: opened for reading at chosen places. What a person can get wrong about a path
// (missing, a folder, a pipe, not theirs) is said here once; every container reads through this.

import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { UserError } from '../../errors.ts'

/** `size` in bytes. */
export interface FileBytes {
  /** Absolute: what its name says, and what lies beside it, is to be found there. */
  readonly path: string
  /** Free of symbolic links. */
  readonly real: string
  readonly size: number
  /** Exactly `length` bytes. @throws UserError `checkpoint-truncated` when the file ends before. */
  read(offset: number, length: number): Uint8Array
}

/**
 * Opens `path`, hands it to `use`, closes it.
 * @throws UserError `file-not-found`, `file-is-folder`, `file-not-regular`, `file-unreadable`
 */
export function readingFile<T>(path: string, use: (file: FileBytes) => T): T {
  const [fd, real] = open(path)
  try {
    const size = fstatSync(fd).size
    return use({ path: tellingPath(path, real), real, size, read: (offset, length) => readAt(fd, real, size, offset, length) })
  } finally {
    closeSync(fd)
  }
}

/** Of a store that names files by their digests, as the cache of the hub's clients does, the link tells what it is; elsewhere what it leads to. */
const tellingPath = (path: string, real: string): string => (extname(real) === '' && extname(path) !== '' ? resolve(path) : real)

function open(path: string): [fd: number, real: string] {
  try {
    const real = realpathSync(path)
    const stat = statSync(real)
    if (stat.isDirectory()) throw new UserError('file-is-folder', `${path} is a folder; name the file inside it.`, { path })
    // A pipe would block on open, and a device has no size.
    if (!stat.isFile()) throw new UserError('file-not-regular', `${path} is a pipe, socket or device, not a file.`, { path })
    return [openSync(real, 'r'), real]
  } catch (error) {
    if (error instanceof UserError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    if (code === 'ENOENT') throw new UserError('file-not-found', `There is no file ${path}.`, { path }, { cause: error })
    throw new UserError('file-unreadable', `${path} cannot be read (${code}).`, { path, reason: code }, { cause: error })
  }
}

function readAt(fd: number, path: string, size: number, offset: number, length: number): Uint8Array {
  const truncated = () =>
    new UserError('checkpoint-truncated', `${path} is cut off: bytes ${offset} to ${offset + length} are needed, it has ${size}.`, {
      path,
      size,
      needed: offset + length,
    })
  if (!(offset >= 0 && length >= 0 && offset + length <= size)) throw truncated()
  const bytes = new Uint8Array(length)
  for (let done = 0; done < length; ) {
    const n = readSync(fd, bytes, done, Math.min(length - done, 1 << 30), offset + done)
    if (n === 0) throw truncated() // somebody shortened the file while it was open
    done += n
  }
  return bytes
}
