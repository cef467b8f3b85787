// A GIF metadata reader: GIF89a specification, blocks in order of the file.

import { type AnimationMetadata, damaged, decodeText, parseSettings } from '../settings.ts'

/** @throws UserError `animation-damaged` where a block leaves the file or is of no known kind */
export function readGifMetadata(bytes: Uint8Array): AnimationMetadata {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const byte = (i: number) => {
    if (i >= bytes.length) throw damaged('GIF', bytes.length, 'it ends too early')
    return bytes[i]!
  }
  const colourTable = (flags: number) => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0)
  const skipSubBlocks = (from: number) => {
    let i = from
    while (byte(i) !== 0) i += 1 + byte(i)
    return i + 1
  }

  let at = 13 + colourTable(byte(10))
  let frames = 0
  let hundredths = 0
  const comments: string[] = []
  while (byte(at) !== 0x3b) {
    if (byte(at) === 0x2c) {
      frames++
      at = skipSubBlocks(at + 11 + colourTable(byte(at + 9)))
    } else if (byte(at) === 0x21) {
      const after = skipSubBlocks(at + 2)
      if (byte(at + 1) === 0xf9 && byte(at + 2) >= 4) hundredths += view.getUint16(at + 4, true)
      if (byte(at + 1) === 0xfe) comments.push(decodeText('GIF', at, joinSubBlocks(bytes.subarray(at + 2, after))))
      at = after
    } else {
      throw damaged('GIF', at, `expected an image, an extension or the end, got 0x${byte(at).toString(16)}`)
    }
  }
  const size = { width: view.getUint16(6, true), height: view.getUint16(8, true) }
  return { format: 'gif', ...size, frames, durationMs: hundredths * 10, ...parseSettings(comments) }
}

function joinSubBlocks(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = []
  for (let i = 0; bytes[i] !== 0; i += 1 + bytes[i]!) parts.push(bytes.subarray(i + 1, i + 1 + bytes[i]!))
  return Buffer.concat(parts)
}
