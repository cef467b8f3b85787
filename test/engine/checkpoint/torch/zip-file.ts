// A zip archive as bytes, for tests: what a friendly or a hostile writer would put in a .ckpt.

import { deflateRawSync } from 'node:zlib'

export interface Packed {
  readonly name: string
  readonly bytes: Uint8Array
  readonly deflate?: boolean
}

export function zipOf(entries: readonly Packed[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, bytes, deflate } of entries) {
    const stored = deflate === true ? deflateRawSync(bytes) : Buffer.from(bytes)
    const method = deflate === true ? 8 : 0
    const nameBytes = Buffer.from(name)
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(method, 8)
    local.writeUInt32LE(stored.length, 18)
    local.writeUInt32LE(bytes.length, 22)
    local.writeUInt16LE(nameBytes.length, 26)
    parts.push(local, nameBytes, stored)
    directory.push(record(nameBytes, method, stored.length, bytes.length, offset))
    offset += 30 + nameBytes.length + stored.length
  }
  const central = Buffer.concat(directory)
  return Buffer.concat([...parts, central, endRecord(entries.length, central.length, offset)])
}

/** One entry of the directory; sizes and offset beyond 32 bits go to the zip64 field. */
export function record(name: Buffer, method: number, storedBytes: number, bytes: number, offset: number): Buffer {
  const wide = [bytes, storedBytes, offset].filter((value) => value >= 0xffffffff)
  const fixed = Buffer.alloc(46)
  fixed.writeUInt32LE(0x02014b50, 0)
  fixed.writeUInt16LE(method, 10)
  fixed.writeUInt32LE(Math.min(storedBytes, 0xffffffff), 20)
  fixed.writeUInt32LE(Math.min(bytes, 0xffffffff), 24)
  fixed.writeUInt16LE(name.length, 28)
  fixed.writeUInt16LE(wide.length === 0 ? 0 : 4 + 8 * wide.length, 30)
  fixed.writeUInt32LE(Math.min(offset, 0xffffffff), 42)
  const extra = Buffer.alloc(wide.length === 0 ? 0 : 4 + 8 * wide.length)
  if (wide.length > 0) {
    extra.writeUInt16LE(1, 0)
    extra.writeUInt16LE(8 * wide.length, 2)
    for (const [i, value] of wide.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i)
  }
  return Buffer.concat([fixed, name, extra])
}

export function endRecord(count: number, bytes: number, offset: number): Buffer {
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(count, 8)
  end.writeUInt16LE(count, 10)
  end.writeUInt32LE(bytes, 12)
  end.writeUInt32LE(Math.min(offset, 0xffffffff), 16)
  return end
}

/** The zip64 end record, its locator and an end record that points to them. */
export function wideEndRecord(count: number, bytes: number, offset: number): Buffer {
  const wide = Buffer.alloc(56)
  wide.writeUInt32LE(0x06064b50, 0)
  wide.writeBigUInt64LE(44n, 4)
  wide.writeBigUInt64LE(BigInt(count), 24)
  wide.writeBigUInt64LE(BigInt(count), 32)
  wide.writeBigUInt64LE(BigInt(bytes), 40)
  wide.writeBigUInt64LE(BigInt(offset), 48)
  const locator = Buffer.alloc(20)
  locator.writeUInt32LE(0x07064b50, 0)
  locator.writeBigUInt64LE(BigInt(offset + bytes), 8)
  locator.writeUInt32LE(1, 16)
  return Buffer.concat([wide, locator, endRecord(count, bytes, 0xffffffff)])
}
