// Fetches a file that somebody named, trusting neither the address nor what answers there. Every hop is vetted anew, its name is
// resolved once, and the connection goes to the very addresses that were vetted. Nothing is sent along and nothing is kept.

import { createHash } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { createWriteStream } from 'node:fs'
import type { LookupFunction } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { Agent, buildConnector, type Dispatcher, request } from 'undici'
import { UserError } from '../../errors.ts'
import { whyPrivate } from './vet-address.ts'
import { type AllowedHosts, usualHosts, vettedUrl } from './vet-url.ts'

export interface Fetched {
  readonly bytes: number
  /** Of what arrived. */
  readonly sha256: string
}

export interface DownloadLimits {
  readonly maxBytes: number
  readonly signal?: AbortSignal
}

/** Writes to a path that is free; leaves nothing there where it throws to its caller's care. */
export type Download = (url: string, to: string, limits: DownloadLimits) => Promise<Fetched>

export interface DownloadOptions {
  readonly hosts?: AllowedHosts
  /** Until the last byte. */
  readonly timeoutMs?: number
  /** Without a byte. */
  readonly idleMs?: number
  /** All addresses of a host. */
  readonly resolve?: (host: string) => Promise<readonly string[]>
  /** Why an address may not be connected to. */
  readonly refuse?: (address: string) => string | undefined
  /** Another port and another root of trust than the world's: for a server on this machine. */
  readonly reach?: { readonly port: number; readonly ca: string }
}

const maxRedirects = 5

/**
 * @throws UserError those of `vettedUrl`; `url-address`, `url-unknown-host`, `download-redirects`, `download-missing`, `download-gated`,
 *   `download-status`, `download-too-large`, `download-too-slow`, `download-failed`
 */
export function createDownload(options: DownloadOptions = {}): Download {
  const { hosts = usualHosts, timeoutMs = 30 * 60_000, idleMs = 30_000, resolve = resolveHost, refuse = whyPrivate } = options
  return async (named, to, { maxBytes, signal }) => {
    const until = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])])
    let url = vettedUrl(named, hosts, false)
    for (let hop = 0; hop <= maxRedirects; hop++) {
      const agent = agentFor(await vettedAddresses(url.hostname, resolve, refuse), idleMs, options.reach)
      try {
        const answer = await call(url, agent, until)
        const next = redirectOf(answer)
        if (next === undefined) return await save(answer, url, to, maxBytes, until)
        url = vettedUrl(URL.parse(next, url.href)?.href ?? next, hosts, true)
      } catch (error) {
        signal?.throwIfAborted()
        throw error instanceof UserError ? error : explained(error, url.hostname)
      } finally {
        await agent.destroy()
      }
    }
    throw new UserError('download-redirects', `${new URL(named).hostname} redirects more than ${maxRedirects} times.`, {
      max: maxRedirects,
    })
  }
}

const resolveHost = async (host: string): Promise<string[]> => (await lookup(host, { all: true })).map(({ address }) => address)

/** One that is private condemns all: a name with both is set up to pass a check. */
async function vettedAddresses(
  host: string,
  resolve: (host: string) => Promise<readonly string[]>,
  refuse: (address: string) => string | undefined,
): Promise<readonly string[]> {
  const addresses = await resolve(host).catch(() => [])
  if (addresses.length === 0) throw new UserError('url-unknown-host', `There is no host ${host}.`, { host })
  for (const address of addresses) {
    const why = refuse(address)
    if (why)
      throw new UserError('url-address', `${host} leads to ${address}, which ${why}; only the public internet is fetched from.`, {
        host,
        address,
      })
  }
  return addresses
}

function agentFor(addresses: readonly string[], idleMs: number, reach: DownloadOptions['reach']): Agent {
  const pinned: LookupFunction = (_host, { all }, callback) => {
    const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    if (all) callback(null, found)
    else callback(null, found[0]!.address, found[0]!.family)
  }
  const connect = buildConnector({ lookup: pinned, timeout: idleMs, autoSelectFamily: true, ...(reach && { ca: reach.ca }) })
  return new Agent({
    connect: reach ? (to, done) => connect({ ...to, port: String(reach.port) }, done) : connect,
    headersTimeout: idleMs,
    bodyTimeout: idleMs,
    maxHeaderSize: 32_768,
    pipelining: 0,
  })
}

const call = (url: URL, dispatcher: Dispatcher, signal: AbortSignal): Promise<Dispatcher.ResponseData> =>
  request(url, { dispatcher, signal, headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'zoetrope' } })

function redirectOf({ statusCode, headers }: Dispatcher.ResponseData): string | undefined {
  const location = [headers['location']].flat()[0]
  return [301, 302, 303, 307, 308].includes(statusCode) ? location : undefined
}

async function save(
  answer: Dispatcher.ResponseData,
  { hostname }: URL,
  to: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Fetched> {
  const { statusCode, headers, body } = answer
  if (statusCode !== 200) throw refusal(statusCode, hostname)
  const hash = createHash('sha256')
  let bytes = 0
  const counted = async function* (pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      bytes += piece.length
      if (bytes > maxBytes) throw tooLarge(hostname, maxBytes)
      hash.update(piece)
      yield piece
    }
  }
  // What is promised is not believed, but it saves the transfer.
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(hostname, maxBytes)
  await pipeline(body, counted, createWriteStream(to, { flags: 'wx' }), { signal })
  return { bytes, sha256: hash.digest('hex') }
}

const tooLarge = (host: string, maxBytes: number): UserError =>
  new UserError('download-too-large', `The file at ${host} is larger than the ${maxBytes} bytes that are left for it.`, { host, maxBytes })

export function refusal(status: number, host: string): UserError {
  if (status === 404 || status === 410) return new UserError('download-missing', `There is no such file at ${host}.`, { host, status })
  if (status === 401 || status === 403)
    return new UserError('download-gated', `${host} gives this file only to those who are signed in or have accepted its terms.`, {
      host,
      status,
    })
  return new UserError('download-status', `${host} answered ${status} instead of the file.`, { host, status })
}

function explained(error: unknown, host: string): UserError {
  const { name, code, message } = error as NodeJS.ErrnoException
  if (
    name === 'TimeoutError' ||
    code === 'UND_ERR_HEADERS_TIMEOUT' ||
    code === 'UND_ERR_BODY_TIMEOUT' ||
    code === 'UND_ERR_CONNECT_TIMEOUT'
  ) {
    return new UserError('download-too-slow', `${host} took too long; the download was given up.`, { host }, { cause: error })
  }
  return new UserError(
    'download-failed',
    `The download from ${host} broke off (${code ?? message}).`,
    { host, reason: code },
    { cause: error },
  )
}
