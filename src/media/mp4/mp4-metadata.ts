// An MP4 metadata reader: ISO/IEC 14496-12, first video track.

import { type AnimationMetadata, damaged, parseSettings } from '../settings.ts'
import { type Box, boxes, find } from './boxes.ts'
import { commentOf } from './mp4-comment.ts'

/** @throws UserError `animation-damaged` where a box leaves its parent, is too short or is missing */
export function readMp4Metadata(bytes: Uint8Array): AnimationMetadata {
  const file = { at: 0, data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) }
  let moov: Box | undefined
  let pictures = false
  for (const b of boxes(file)) {
    if (b.name === 'moov') moov ??= b
    if (b.name === 'mdat') pictures = true
  }
  if (!moov) throw damaged('MP4', bytes.length, 'it has no moov box, so it was never finished')
  if (!pictures) throw damaged('MP4', bytes.length, 'it has no mdat box, so it ends before the pictures')
  const track = videoTrack(moov)
  if (!track) throw damaged('MP4', moov.at, 'it holds no video track')
  const header = need(track, 24, 'mdia', 'mdhd')
  const wide = header.data[0] === 1 // version 1 counts in 64 bits
  if (wide && header.data.length < 32) throw damaged('MP4', header.at, 'a box mdhd is too short')
  const timescale = header.data.readUInt32BE(wide ? 20 : 12)
  const duration = wide ? Number(header.data.readBigUInt64BE(24)) : header.data.readUInt32BE(16)
  if (timescale === 0) throw damaged('MP4', header.at, 'its time scale is 0')
  // The first sample entry: 16 bytes before it, and in it 24 bytes before the two sides.
  const entry = need(track, 44, 'mdia', 'minf', 'stbl', 'stsd').data
  const frames = need(track, 12, 'mdia', 'minf', 'stbl', 'stsz').data.readUInt32BE(8)
  return {
    format: 'mp4',
    width: entry.readUInt16BE(40),
    height: entry.readUInt16BE(42),
    frames,
    durationMs: (duration * 1000) / timescale,
    ...parseSettings([commentOf(moov) ?? '']),
  }
}

function videoTrack(moov: Box): Box | undefined {
  for (const b of boxes(moov)) if (b.name === 'trak' && find(b, 'mdia', 'hdlr')?.data.toString('latin1', 8, 12) === 'vide') return b
  return undefined
}

function need(parent: Box, bytes: number, ...path: string[]): Box {
  const found = find(parent, ...path)
  if (!found) throw damaged('MP4', parent.at, `expected a box ${path.join('/')}`)
  if (found.data.length < bytes) throw damaged('MP4', found.at, `a box ${found.name} is too short`)
  return found
}
