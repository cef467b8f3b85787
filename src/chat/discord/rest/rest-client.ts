// The REST client of discord.js, corrected where it believes too well of the line and of what stands between: each call is given the time
// that its bytes need, a 429 that does not say how long to wait is not asked again at once, and a 401 does not take the token away.

import { DefaultRestOptions, REST, type RESTOptions } from 'discord.js'
import { uploadTimeoutMs } from '../../time-limit.ts'

type MakeRequest = RESTOptions['makeRequest']
type ResponseLike = Awaited<ReturnType<MakeRequest>>

/** A call that would have to wait longer fails, and is tried again later by who made it. */
const longestWaitMs = 30_000
/** After a 429 that names no time; doubles with each that follows. */
const bareWaitSeconds = 1
const longestBareWaitSeconds = 60

/** @param api where Discord's REST API is, if not at Discord */
export function restOptions(api: string | undefined): Partial<RESTOptions> {
  return {
    ...(api !== undefined && { api }),
    // its own limit is one for all calls, and what it stops it sends four times over: the limit below throws what is not sent again
    timeout: 24 * 3_600_000,
    rejectOnRateLimit: ({ retryAfter }) => retryAfter > longestWaitMs,
    makeRequest: createMakeRequest(),
  }
}

export function createRestClient(api: string | undefined, token: string): REST {
  return keepingToken(new REST(restOptions(api)).setToken(token))
}

/** discord.js forgets the token for good at the first 401, which an outage gives too, and then calls nobody any more. */
export function keepingToken(rest: REST): REST {
  const setToken = rest.setToken.bind(rest)
  rest.setToken = (token: string | null) => (token ? setToken(token) : rest)
  return rest
}

function createMakeRequest(): MakeRequest {
  let bare = 0
  return async (url, init) => {
    const limit = AbortSignal.timeout(uploadTimeoutMs(bytesIn(init.body)))
    const signal = init.signal ? AbortSignal.any([init.signal as AbortSignal, limit]) : limit
    const response = await DefaultRestOptions.makeRequest(url, { ...init, signal } as typeof init)
    if (response.status !== 429) bare = 0
    else if (!saysWhen(response)) return withRetryAfter(response, Math.min(longestBareWaitSeconds, bareWaitSeconds * 2 ** bare++))
    return response
  }
}

/** A proxy and an error page may send none, or a date, which discord.js takes for no time at all. */
function saysWhen({ headers }: ResponseLike): boolean {
  return Number(headers.get('retry-after') ?? Number.NaN) > 0
}

function withRetryAfter(response: ResponseLike, seconds: number): ResponseLike {
  const headers = new Headers([...response.headers])
  headers.set('retry-after', String(seconds))
  return new Proxy(response, {
    get(target, key) {
      if (key === 'headers') return headers
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function bytesIn(body: unknown): number {
  if (typeof body === 'string') return body.length
  if (!(body instanceof FormData)) return 0
  let bytes = 0
  for (const [, value] of body) bytes += typeof value === 'string' ? value.length : value.size
  return bytes
}
