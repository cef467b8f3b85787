// An MP4 comment, where iTunes put it and everybody looks: moov/udta/meta/ilst/©cmt/data. Written here, so that
// no user's text ever reaches ffmpeg.

import { decodeText } from '../settings.ts'
import { type Box, box, boxes, find } from './boxes.ts'

/** `file` with `comment` in place of whatever user data it had. The file must have been made by us: `moov` before `mdat`. */
export function withComment(file: Uint8Array, comment: string): Uint8Array {
  const whole = { at: 0, data: Buffer.from(file) } // a copy: offsets are changed in place
  const parts = [...boxes(whole)]
  const moov = parts.find((b) => b.name === 'moov')
  if (!moov) throw new Error(`ffmpeg wrote an MP4 without moov: ${parts.map((b) => b.name)}`)
  const kept = [...boxes(moov)].filter((b) => b.name !== 'udta')
  const length = moov.data.length
  const users = userData(comment)
  const grown = kept.reduce((sum, b) => sum + 8 + b.data.length, users.length) - length
  for (const trak of kept) if (trak.name === 'trak') moveChunks(trak, grown)
  const all = parts.map((b) => (b === moov ? box('moov', ...kept.map((k) => box(k.name, k.data)), users) : box(b.name, b.data)))
  return Buffer.concat(all)
}

/** The comment in the user data of `moov`. */
export function commentOf(moov: Box): string | undefined {
  const meta = find(moov, 'udta', 'meta')
  if (!meta || meta.data.length < 4) return undefined
  const data = find({ at: meta.at + 4, data: meta.data.subarray(4) }, 'ilst', '\xa9cmt', 'data')
  return data && decodeText('MP4', data.at, data.data.subarray(8))
}

function userData(comment: string): Buffer {
  const UTF8 = 1
  const data = box('data', uint32(UTF8, 0), Buffer.from(comment))
  const handler = box('hdlr', uint32(0, 0), Buffer.from('mdirappl'), new Uint8Array(9))
  return box('udta', box('meta', uint32(0), handler, box('ilst', box('\xa9cmt', data))))
}

/** What lies behind `moov` moves by what `moov` grows; the table of chunk offsets counts from the start of the file. */
function moveChunks(trak: Box, by: number): void {
  const table = find(trak, 'mdia', 'minf', 'stbl', 'stco')
  if (!table) throw new Error('ffmpeg wrote an MP4 track without stco')
  for (let i = 8; i < table.data.length; i += 4) table.data.writeUInt32BE(table.data.readUInt32BE(i) + by, i)
}

function uint32(...values: number[]): Buffer {
  const out = Buffer.alloc(4 * values.length)
  values.forEach((v, i) => {
    out.writeUInt32BE(v, 4 * i)
  })
  return out
}
