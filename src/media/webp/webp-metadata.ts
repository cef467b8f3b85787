// A WebP metadata reader: RFC 9649.

import { type AnimationMetadata, damaged, decodeText, parseSettings } from '../settings.ts'
import { readUint24, riffChunks } from './riff.ts'
import { xmpText } from './xmp.ts'

/** @throws UserError `animation-damaged` where a chunk leaves the file or is too short */
export function readWebpMetadata(bytes: Uint8Array): AnimationMetadata {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = 8 + view.getUint32(4, true)
  if (end > bytes.length) throw damaged('WebP', bytes.length, `it ends too early, ${end} bytes are expected`)
  let size: { width: number; height: number } | undefined
  let frames = 0
  let stills = 0
  let durationMs = 0
  const texts: string[] = []
  for (const { name, at, data } of riffChunks(bytes, 12, end)) {
    if (data.length < (SHORTEST[name] ?? 0)) throw damaged('WebP', at, `a chunk ${name.trim()} of ${data.length} bytes is too short`)
    if (name === 'VP8X') size = { width: readUint24(data, 4) + 1, height: readUint24(data, 7) + 1 }
    if (name === 'ANMF') {
      frames++
      durationMs += readUint24(data, 12)
    }
    if (name === 'VP8 ' || name === 'VP8L') {
      stills++
      size ??= name === 'VP8 ' ? lossySize(data) : losslessSize(data)
    }
    if (name === 'XMP ') texts.push(xmpText(decodeText('WebP', at, data)) ?? '')
  }
  if (!size || frames + stills === 0) throw damaged('WebP', 12, 'it holds no picture')
  return { format: 'webp', ...size, frames: frames || stills, durationMs, ...parseSettings(texts) }
}

const SHORTEST: Readonly<Record<string, number>> = { VP8X: 10, ANMF: 16, 'VP8 ': 10, VP8L: 5 }

/** RFC 6386, 9.1: after a tag and a start code of three bytes each, 14 bits of width and of height. */
function lossySize(data: Uint8Array): { width: number; height: number } {
  return { width: (data[6]! | (data[7]! << 8)) & 0x3fff, height: (data[8]! | (data[9]! << 8)) & 0x3fff }
}

/** RFC 9649, 3.4: after a signature byte, 14 bits each of width − 1 and height − 1. */
function losslessSize(data: Uint8Array): { width: number; height: number } {
  const bits = data[1]! | (data[2]! << 8) | (data[3]! << 16) | (data[4]! << 24)
  return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 }
}
