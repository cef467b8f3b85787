// A safetensors writer, tensor by tensor: shapes and types give the header, so only one tensor is in memory at a time.
// The file appears under its name when it is whole. Order as the reference writer has it: wide types first, then by name.

import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { UserError } from '../../errors.ts'
import { type PartialFile, partialFile } from '../../partial-file.ts'
import { byteLengthOf, bytesPerElement, type Tensor } from '../tensor/tensor.ts'

/** Little-endian `bytes`, or how to get them when their turn comes. */
export interface TensorToWrite extends Pick<Tensor, 'name' | 'dtype' | 'shape'> {
  readonly bytes: Uint8Array | (() => Uint8Array)
}

/** `fs.writeSync`, or what stands for it: may write fewer bytes than it is given. */
export type Write = (fd: number, bytes: Uint8Array, offset: number, length: number) => number

/**
 * @throws UserError `no-disk-space`, `not-writable`; Error for a tensor that is named twice or has another length than it says
 */
export function writeSafetensors(
  path: string,
  tensors: Iterable<TensorToWrite>,
  metadata: ReadonlyMap<string, string> = new Map(),
  write: Write = writeSync,
): void {
  const inOrder = [...tensors].sort((a, b) => bytesPerElement[b.dtype] - bytesPerElement[a.dtype] || (a.name < b.name ? -1 : 1))
  const header = headerOf(inOrder, metadata)
  const partial = partialFile(path)
  const total = inOrder.reduce((sum, tensor) => sum + byteLengthOf(tensor), header.length)
  onDisk(path, total, partial, () => {
    const fd = openSync(partial.path, 'wx')
    try {
      writeAll(fd, header, write)
      for (const tensor of inOrder) {
        const bytes = typeof tensor.bytes === 'function' ? tensor.bytes() : tensor.bytes
        if (bytes.length !== byteLengthOf(tensor))
          throw new Error(`${tensor.name} has ${bytes.length} bytes; ${tensor.dtype} [${tensor.shape}] takes ${byteLengthOf(tensor)}`)
        writeAll(fd, bytes, write)
      }
      fsyncSync(fd) // a rename that reaches the disk before the data would leave a whole name on half a file
    } finally {
      closeSync(fd)
    }
    partial.commit()
  })
}

/** Length, JSON, and spaces so that the data begins at a multiple of eight. */
function headerOf(tensors: readonly TensorToWrite[], metadata: ReadonlyMap<string, string>): Uint8Array {
  const seen = new Set(['__metadata__'])
  const members: string[] = []
  if (metadata.size > 0)
    members.push(`"__metadata__":{${[...metadata].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)}}`)
  let offset = 0
  for (const tensor of tensors) {
    if (seen.has(tensor.name)) throw new Error(`two tensors named ${tensor.name}`)
    seen.add(tensor.name)
    const end = offset + byteLengthOf(tensor)
    members.push(`${JSON.stringify(tensor.name)}:{"dtype":"${tensor.dtype}","shape":[${tensor.shape}],"data_offsets":[${offset},${end}]}`)
    offset = end
  }
  const json = new TextEncoder().encode(`{${members}}`)
  const padded = Math.ceil(json.length / 8) * 8
  const header = new Uint8Array(8 + padded).fill(0x20)
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true)
  header.set(json, 8)
  return header
}

function writeAll(fd: number, bytes: Uint8Array, write: Write): void {
  for (let done = 0; done < bytes.length; ) done += write(fd, bytes, done, Math.min(bytes.length - done, 1 << 30))
}

/** Runs `work`; when it fails, removes the partial file and says why if it is the disk's fault. */
function onDisk(path: string, totalBytes: number, partial: PartialFile, work: () => void): void {
  try {
    work()
  } catch (cause) {
    partial.abandon()
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw new UserError(
        'no-disk-space',
        `There is no room on the disk for ${path}: it takes ${(totalBytes / 1e6).toFixed(1)} MB.`,
        { path, totalBytes },
        { cause },
      )
    // Only the target's own path: a tensor's bytes may come from another file, and its trouble is another one.
    if (cause instanceof Error && 'path' in cause && cause.path === partial.path)
      throw new UserError('not-writable', `${path} cannot be written (${code}).`, { path, reason: code }, { cause })
    throw cause
  }
}
