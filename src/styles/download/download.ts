// A download that is safe from SSRF, of a file that somebody named: neither the address nor what answers there is trusted. Every hop is
// vetted anew, its name is resolved once, and the connection goes to the very addresses that were vetted. Nothing is sent along.

import { lookup } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { Agent, buildConnector, type Dispatcher, request } from 'undici'
import { UserError } from '../../errors.ts'
import { type Fetched, saveStream } from './save-stream.ts'
import { whyPrivate } from './vet-address.ts'
import { type AllowedHosts, usualHosts, vettedUrl } from './vet-url.ts'

export interface DownloadLimits {
  readonly maxBytes: number
  readonly signal?: AbortSignal
}

/** Writes to a path that is free; where it throws, what lies there is the caller's to take away. */
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
        const response = await call(url, agent, until)
        const next = redirectOf(response)
        if (next === undefined) return await save(response, url, to, maxBytes, until)
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
  { statusCode, headers, body }: Dispatcher.ResponseData,
  { hostname }: URL,
  to: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Fetched> {
  if (statusCode !== 200) throw refusal(statusCode, hostname)
  // What is promised is not believed, but it saves the transfer.
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(hostname, maxBytes)
  return saveStream(body, to, { maxBytes, signal, tooLarge: () => tooLarge(hostname, maxBytes) })
}

const tooLarge = (host: string, maxBytes: number): UserError =>
  new UserError('download-too-large', `The file at ${host} is larger than the ${maxBytes} bytes that are left for it.`, { host, maxBytes })

function refusal(status: number, host: string): UserError {
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
  if (name === 'TimeoutError' || timeoutCodes.has(code ?? '')) {
    return new UserError('download-too-slow', `${host} took too long; the download was given up.`, { host }, { cause: error })
  }
  const sentence = `The download from ${host} broke off (${code ?? message}).`
  return new UserError('download-failed', sentence, { host, reason: code }, { cause: error })
}

const timeoutCodes = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT'])
