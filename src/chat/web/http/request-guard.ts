// The request guard: what is checked of every call before anything else looks at it, and the headers that every response carries.

import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HttpError } from './http-error.ts'
import { createRateLimit } from './rate-limit.ts'

export interface RequestGuardOptions {
  /** Names under which the page may be reached, besides the machine's own. */
  readonly hosts: readonly string[]
  /** For one source; completion is asked for while typing and counts a fifth, reading a tenth. */
  readonly callsPerMinute: number
  readonly now: () => number
  readonly sourceOf: (c: Parameters<MiddlewareHandler>[0]) => string
}

export const maxBodyBytes = 64 * 1024

export function requestGuard({ hosts, callsPerMinute, now, sourceOf }: RequestGuardOptions): MiddlewareHandler[] {
  const known = new Set(['localhost', '127.0.0.1', '[::1]', ...hosts.map((host) => host.toLowerCase())])
  const calls = createRateLimit(callsPerMinute, 60_000)
  const completions = createRateLimit(callsPerMinute * 5, 60_000)
  const reads = createRateLimit(callsPerMinute * 10, 60_000)

  const headers: MiddlewareHandler = async (c, next) => {
    for (const [name, value] of Object.entries(responseHeaders)) c.header(name, value)
    await next()
  }

  // A name that some site has pointed at this machine would make its scripts ours: DNS rebinding.
  const host: MiddlewareHandler = async (c, next) => {
    if (known.has(hostname(c.req.header('host')))) return next()
    throw new HttpError(421, 'wrong-host', 'This page is not served under that name. Its operator can allow it.')
  }

  // Only our own page may make a call that changes something: other sites cannot forge these headers.
  const origin: MiddlewareHandler = async (c, next) => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next()
    const site = c.req.header('sec-fetch-site')
    const from = c.req.header('origin')
    const same = from !== undefined && URL.canParse(from) && new URL(from).host === c.req.header('host')
    if (site === 'same-origin' || (site === undefined && same)) return next()
    throw new HttpError(403, 'wrong-origin', 'Only the page itself may do that.')
  }

  // HEAD is GET without what comes back: of a stream its place would stay taken, and nobody needs it of what changes with each call.
  const method: MiddlewareHandler = async (c, next) => {
    if (c.req.method !== 'HEAD' || isFile(c.req.path)) return next()
    c.header('Allow', 'GET')
    throw new HttpError(405, 'wrong-method', 'That can be read with GET alone.')
  }

  const rate: MiddlewareHandler = async (c, next) => {
    const reading = c.req.method === 'GET' || c.req.method === 'HEAD'
    if (reading && isFile(c.req.path)) return next()
    const searching = c.req.query('search') !== undefined // costs what a call does
    const limit = reading && !searching ? reads : c.req.path === '/api/complete' ? completions : calls
    const waitMs = limit.take(sourceOf(c), now())
    if (waitMs === 0) return next()
    const waitS = Math.ceil(waitMs / 1000)
    c.header('Retry-After', String(waitS))
    throw new HttpError(429, 'too-fast', `That is too fast: again in ${waitS} s.`)
  }

  const limit = bodyLimit({
    maxSize: maxBodyBytes,
    onError: () => {
      throw new HttpError(413, 'too-large', `At most ${maxBodyBytes / 1024} KiB can be sent at once.`)
    },
  })
  const size: MiddlewareHandler = (c, next) => (c.req.path === '/api/upload' ? next() : limit(c, next))

  return [headers, host, method, origin, rate, size]
}

/** What the page itself is made of: read once, held in memory. */
const isFile = (path: string): boolean => path === '/' || path.startsWith('/page/')

const responseHeaders = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "media-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const

/** Without the port; '' where it is no host. */
function hostname(host: string | undefined): string {
  return /^(\[[\da-f:]+\]|[^:[\]]+)(:\d+)?$/i.exec(host ?? '')?.[1]?.toLowerCase() ?? ''
}
