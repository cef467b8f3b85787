// RIFF chunks, as WebP uses it: chunks of four letters, a 32-bit length and the data, padded to even lengths.

import { damaged } from '../settings.ts'

export interface RiffChunk {
  readonly name: string
  /** Byte offset of the data. */
  readonly at: number
  readonly data: Uint8Array
}

export function riffChunk(name: string, ...data: Uint8Array[]): Uint8Array {
  const length = data.reduce((sum, part) => sum + part.length, 0)
  const head = Buffer.alloc(8)
  head.write(name, 'latin1')
  head.writeUInt32LE(length, 4)
  return Buffer.concat([head, ...data, new Uint8Array(length & 1)])
}

/** @throws UserError `animation-damaged` where a chunk leaves [from, to) */
export function* riffChunks(bytes: Uint8Array, from: number, to: number): Generator<RiffChunk> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = from
  while (at < to) {
    if (at + 8 > to) throw damaged('WebP', at, 'a chunk is cut off')
    const name = buffer.toString('latin1', at, at + 4)
    const length = buffer.readUInt32LE(at + 4)
    if (length > to - at - 8) throw damaged('WebP', at, `a chunk claims ${length} bytes where ${to - at - 8} are left`)
    yield { name, at: at + 8, data: bytes.subarray(at + 8, at + 8 + length) }
    at += 8 + length + (length & 1)
  }
}

export function uint24(value: number): Uint8Array {
  return Uint8Array.of(value & 255, (value >> 8) & 255, (value >> 16) & 255)
}

export function readUint24(data: Uint8Array, at: number): number {
  return data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16)
}
