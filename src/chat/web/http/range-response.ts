// A range response: bytes whole, or the range that was asked for. Some browsers play no video from a server that cannot give a range.

import type { Context } from 'hono'

export interface RangeResponse {
  readonly bytes: Uint8Array
  readonly mediaType: string
  /** A name means these bytes for ever. */
  readonly forEver: boolean
  /** Offered as a download under this name. */
  readonly fileName?: string
}

export function rangeResponse(c: Context, { bytes, mediaType, forEver, fileName }: RangeResponse): Response {
  c.header('Content-Type', mediaType)
  c.header('Cache-Control', forEver ? 'private, max-age=31536000, immutable' : 'private, no-cache')
  c.header('Accept-Ranges', 'bytes')
  if (fileName !== undefined) c.header('Content-Disposition', `attachment; filename="${fileName.replace(/[^\w.-]/g, '_')}"`)
  const range = rangeIn(c.req.header('range'), bytes.byteLength)
  if (!range) return c.body(new Uint8Array(bytes))
  if (range === 'outside') {
    c.header('Content-Range', `bytes */${bytes.byteLength}`)
    return c.body(null, 416)
  }
  c.header('Content-Range', `bytes ${range.from}-${range.to}/${bytes.byteLength}`)
  return c.body(new Uint8Array(bytes.subarray(range.from, range.to + 1)), 206)
}

/** The one range of the header; undefined where it asks for none, or for several, which need not be given. */
function rangeIn(header: string | undefined, length: number): { from: number; to: number } | 'outside' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  const from = match[1] === '' ? Math.max(0, length - Number(match[2])) : Number(match[1])
  const to = match[1] === '' || match[2] === '' ? length - 1 : Math.min(length - 1, Number(match[2]))
  return from <= to ? { from, to } : 'outside'
}
