// A zip reader: the directory of an archive (PKWARE APPNOTE 4.3 and 4.5.3), with 64-bit sizes: checkpoints pass 4 GB.
// Every offset is compared with the file before it is used; the data is read by whoever wants an entry.

import { inflateRawSync } from 'node:zlib'
import { UserError } from '../../errors.ts'
import { quoteUntrusted } from '../quote-untrusted.ts'
import type { FileBytes } from '../tensor/file-bytes.ts'

export interface ZipEntry {
  readonly name: string
  readonly deflated: boolean
  /** As stored in the archive. */
  readonly storedBytes: number
  /** When unpacked. */
  readonly bytes: number
  readonly headerOffset: number
}

const maxDirectoryBytes = 64 << 20
const endBytes = 22
const longestComment = 0xffff

/** @throws UserError `zip-invalid`, `zip-unsupported`, `checkpoint-truncated` */
export function readZipDirectory(file: FileBytes): ReadonlyMap<string, ZipEntry> {
  const { offset, bytes, count } = findDirectory(file)
  if (bytes > maxDirectoryBytes) throw invalid(file, `has a directory of ${bytes} bytes`)
  const directory = file.read(offset, bytes)
  const view = viewOf(directory)
  const entries = new Map<string, ZipEntry>()
  let at = 0
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes || view.getUint32(at, true) !== 0x02014b50)
      throw invalid(file, `has a broken directory at entry ${i + 1} of ${count}`)
    const nameEnd = at + 46 + view.getUint16(at + 28, true)
    const extraEnd = nameEnd + view.getUint16(at + 30, true)
    const end = extraEnd + view.getUint16(at + 32, true)
    if (end > bytes) throw invalid(file, `has a broken directory at entry ${i + 1} of ${count}`)
    const name = new TextDecoder().decode(directory.subarray(at + 46, nameEnd))
    const method = view.getUint16(at + 10, true)
    if (view.getUint16(at + 8, true) & 1) throw unsupported(file, `is encrypted (${quoteUntrusted(name)})`)
    if (method !== 0 && method !== 8)
      throw unsupported(file, `has ${quoteUntrusted(name)} packed by method ${method}; stored and deflate are read`)
    const sizes = entrySizes(file, name, view, at, nameEnd, extraEnd)
    if (method === 0 && sizes.bytes !== sizes.storedBytes) throw invalid(file, `has two sizes for ${quoteUntrusted(name)}`)
    if (sizes.headerOffset + 30 + sizes.storedBytes > offset) throw invalid(file, `has ${quoteUntrusted(name)} outside of its data`)
    if (entries.has(name)) throw invalid(file, `has two entries named ${quoteUntrusted(name)}`)
    entries.set(name, { name, deflated: method === 8, ...sizes })
    at = end
  }
  return entries
}

/** Where the entry's stored bytes begin: after a second header, whose name and padding have lengths of their own. */
export function zipDataOffset(file: FileBytes, entry: ZipEntry): number {
  const header = viewOf(file.read(entry.headerOffset, 30))
  const offset = entry.headerOffset + 30 + header.getUint16(26, true) + header.getUint16(28, true)
  if (header.getUint32(0, true) !== 0x04034b50 || offset + entry.storedBytes > file.size)
    throw invalid(file, `has no entry ${quoteUntrusted(entry.name)} where its directory says`)
  const name = new TextDecoder().decode(file.read(entry.headerOffset + 30, header.getUint16(26, true)))
  if (name !== entry.name) throw invalid(file, `has ${quoteUntrusted(name)} where its directory says ${quoteUntrusted(entry.name)}`)
  return offset
}

/** The entry, unpacked. @throws UserError `zip-invalid` where it takes another size than the directory says, or more than `maxBytes` */
export function zipBytes(file: FileBytes, entry: ZipEntry, maxBytes: number): Uint8Array {
  if (entry.bytes > maxBytes)
    throw invalid(file, `has ${quoteUntrusted(entry.name)} with ${entry.bytes} bytes; at most ${maxBytes} are read`)
  const stored = file.read(zipDataOffset(file, entry), entry.storedBytes)
  return entry.deflated ? inflated(file.path, entry.name, stored, entry.bytes) : stored
}

export function inflated(path: string, name: string, stored: Uint8Array, bytes: number): Uint8Array {
  try {
    const unpacked = inflateRawSync(stored, { maxOutputLength: Math.max(bytes, 1) })
    if (unpacked.length === bytes) return new Uint8Array(unpacked.buffer, unpacked.byteOffset, bytes)
  } catch (cause) {
    throw new UserError('zip-invalid', `${path} has ${quoteUntrusted(name)} packed wrongly.`, { path, entry: name }, { cause })
  }
  throw new UserError('zip-invalid', `${path} has ${quoteUntrusted(name)} with another size than its directory says.`, {
    path,
    entry: name,
  })
}

function findDirectory(file: FileBytes): { readonly offset: number; readonly bytes: number; readonly count: number } {
  const tailBytes = Math.min(file.size, endBytes + longestComment)
  const tail = viewOf(file.read(file.size - tailBytes, tailBytes))
  let at = tailBytes - endBytes
  while (at >= 0 && !(tail.getUint32(at, true) === 0x06054b50 && at + endBytes + tail.getUint16(at + 20, true) === tailBytes)) at--
  if (at < 0)
    throw new UserError('checkpoint-truncated', `${file.path} is cut off: it begins as a zip archive and ends without a directory.`, {
      path: file.path,
    })
  const end = file.size - tailBytes + at
  let found = { count: tail.getUint16(at + 10, true), bytes: tail.getUint32(at + 12, true), offset: tail.getUint32(at + 16, true) }
  let directoryEnd = end
  if (found.count === 0xffff || found.bytes === 0xffffffff || found.offset === 0xffffffff) {
    const locator = viewOf(file.read(Math.max(end - 20, 0), Math.min(end, 20)))
    if (locator.byteLength === 20 && locator.getUint32(0, true) === 0x07064b50) {
      directoryEnd = uint64(locator, 8)
      const record = viewOf(file.read(directoryEnd, 56))
      if (record.getUint32(0, true) !== 0x06064b50) throw invalid(file, 'has no 64-bit directory where it says')
      found = { count: uint64(record, 32), bytes: uint64(record, 40), offset: uint64(record, 48) }
    }
  }
  if (found.offset + found.bytes > directoryEnd) throw invalid(file, 'has a directory outside of itself')
  return found
}

/** 32-bit fields that are full stand in the zip64 extra field instead, in this order. */
function entrySizes(file: FileBytes, name: string, view: DataView, at: number, extraStart: number, extraEnd: number) {
  let wide = -1
  let wideEnd = -1
  for (let extra = extraStart; extra + 4 <= extraEnd; ) {
    const next = extra + 4 + view.getUint16(extra + 2, true)
    if (view.getUint16(extra, true) === 1 && next <= extraEnd) [wide, wideEnd] = [extra + 4, next]
    extra = next
  }
  const field = (narrow: number): number => {
    const value = view.getUint32(narrow, true)
    if (value !== 0xffffffff) return value
    if (wide < 0 || wide + 8 > wideEnd) throw invalid(file, `has no 64-bit size for ${quoteUntrusted(name)}`)
    wide += 8
    return uint64(view, wide - 8)
  }
  return { bytes: field(at + 24), storedBytes: field(at + 20), headerOffset: field(at + 42) }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Beyond 2^53 it is inexact, and beyond every file. */
const uint64 = (view: DataView, at: number): number => Number(view.getBigUint64(at, true))

const invalid = (file: FileBytes, what: string): UserError => new UserError('zip-invalid', `${file.path} ${what}.`, { path: file.path })

const unsupported = (file: FileBytes, what: string): UserError =>
  new UserError('zip-unsupported', `${file.path} ${what}.`, { path: file.path })
