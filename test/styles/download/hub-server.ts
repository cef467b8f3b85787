// A model hub on this machine, with its CDN: the address of a file tells its digest and size and leads to another host, which gives any
// range of it.

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface HubFile {
  readonly bytes: Buffer
  /** Another than that of the bytes: what arrives is damaged. */
  readonly sha256?: string
  /** Of GETs, from the first on: how many bytes come before the line is cut. */
  readonly cuts?: number[]
  readonly gated?: true
  /** Small files come from the hub itself, under a digest that is none of ours. */
  readonly small?: true
  readonly noRanges?: true
  /** A page in the place of the file, as proxies give one. */
  readonly page?: string
  /** Whether so many bytes were read at the other end: a cut takes what was sent and not read yet with it. Absent: soon enough. */
  readonly hasRead?: (bytes: number) => boolean
}

export interface Hub {
  readonly endpoint: string
  readonly calls: { readonly on: 'hub' | 'cdn'; readonly method: string; readonly range?: string; readonly authorization?: string }[]
  close(): Promise<void>
}

const started = (server: Server): Promise<string> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)))

/** @param files by owner/repo/file */
export async function startHub(files: Readonly<Record<string, HubFile>>): Promise<Hub> {
  const calls: Hub['calls'] = []
  const note = (on: 'hub' | 'cdn', { method = '', headers: { range, authorization } }: IncomingMessage): void =>
    void calls.push({ on, method, ...(range !== undefined && { range }), ...(authorization !== undefined && { authorization }) })

  const cdn = createServer((call, response) => {
    note('cdn', call)
    give(files[call.url!.slice(1)]!, call, response)
  })
  const cdnAddress = await started(cdn)

  const hub = createServer((call, response) => {
    note('hub', call)
    const match = /^\/([^/]+\/[^/]+)\/resolve\/main\/(.+)$/.exec(call.url!)
    const name = match ? `${match[1]}/${match[2]}` : ''
    if (name === 'old/name/a.safetensors') return void response.writeHead(307, { location: '/owner/repo/resolve/main/a.safetensors' }).end()
    const file = files[name]
    if (!file) return void response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end()
    if (file.gated && call.headers.authorization !== 'Bearer hf_right')
      return void response.writeHead(401, { 'x-error-code': 'GatedRepo' }).end()
    const digest = file.sha256 ?? createHash('sha256').update(file.bytes).digest('hex')
    if (file.small) {
      response.setHeader('etag', '"0123456789abcdef0123456789abcdef01234567"')
      response.setHeader('x-repo-commit', 'c0ffee')
      return give(file, call, response)
    }
    response.writeHead(302, {
      location: `${cdnAddress}/${name}`,
      'x-linked-etag': `"${digest}"`,
      'x-linked-size': String(file.bytes.length),
      'x-repo-commit': 'c0ffee',
      etag: '"of the redirect"',
      'content-length': '0',
    })
    response.end()
  })
  const endpoint = await started(hub)
  const ended = (server: Server): Promise<void> =>
    new Promise((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    })
  return { endpoint, calls, close: async () => void (await Promise.all([ended(hub), ended(cdn)])) }
}

function give(
  { bytes, cuts, noRanges, page, hasRead = () => true }: HubFile,
  { method, headers: { range } }: IncomingMessage,
  response: ServerResponse,
): void {
  if (page !== undefined && method !== 'HEAD') return void response.end(page)
  const from = noRanges ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
  response.statusCode = from > 0 ? 206 : 200
  if (from > 0) response.setHeader('content-range', `bytes ${from}-${bytes.length - 1}/${bytes.length}`)
  response.setHeader('content-length', bytes.length - from)
  if (method === 'HEAD') return void response.end()
  const cut = cuts?.shift()
  if (cut === undefined) return void response.end(bytes.subarray(from))
  const cutOnceRead = (): void => void (hasRead(from + cut) ? response.destroy() : setTimeout(cutOnceRead, 5))
  response.write(bytes.subarray(from, from + cut), () => setTimeout(cutOnceRead, 20))
}
