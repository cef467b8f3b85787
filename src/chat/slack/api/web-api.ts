// The Web API of Slack. Slack says how long to wait when it has had too many: calls wait, except those that may be left out.
// WebClient would stop every call of the process for that long, and retry a post whose answer was lost; it is told to do neither.

import { setTimeout as sleep } from 'node:timers/promises'
import { webApi } from '@slack/bolt'
import { isUnsent } from './connection-errors.ts'
import type { RedactedLog } from './redacted-log.ts'
import { libraryLogger } from './redacted-log.ts'

export interface SlackApi {
  /** @throws SlackError */
  call(method: string, args?: Arguments, how?: ApiCallOptions): Promise<ApiResult>
  /** Why Slack no longer takes the token; undefined while it does. */
  trouble(): string | undefined
}

export type Arguments = Readonly<Record<string, unknown>>
export type ApiResult = webApi.WebAPICallResult

export interface ApiCallOptions {
  /** Fails with `ratelimited` at once instead of waiting: there will be another one soon. */
  readonly droppable?: boolean
  /** Is not tried again where it is unknown whether Slack did it. */
  readonly once?: boolean
}

/** `code` is Slack's own: `not_in_channel`, `missing_scope`; `unreachable`, `unanswered`, `http-503` and `file-unprocessed` are ours. */
export class SlackError extends Error {
  override readonly name = 'SlackError'
  readonly code: string
  /** What Slack says about the arguments. */
  readonly details: readonly string[]
  readonly retryAfterMs: number | undefined

  constructor(method: string, code: string, details: readonly string[] = [], retryAfterMs?: number) {
    super(`${method}: ${code}${details.length > 0 ? ` (${details.join('; ')})` : ''}`)
    this.code = code
    this.details = details
    this.retryAfterMs = retryAfterMs
  }
}

export function hasCode(error: unknown, codes: ReadonlySet<string> | readonly string[]): error is SlackError {
  return error instanceof SlackError && new Set(codes).has(error.code)
}

export interface SlackApiOptions {
  readonly token: string
  /** Ends in a slash. */
  readonly url: string
  readonly log: RedactedLog
  /** For waiting after 429 and lost connections. */
  readonly maxWaitMs?: number
}

export function createSlackApi({ token, url, log, maxWaitMs = 180_000 }: SlackApiOptions): SlackApi {
  const client = new webApi.WebClient(token, {
    slackApiUrl: url,
    logger: libraryLogger(log),
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 0 },
    timeout: 20_000,
  })
  const freeMs = new Map<string, number>()
  let trouble: string | undefined

  async function call(method: string, args: Arguments = {}, { droppable = false, once = false }: ApiCallOptions = {}): Promise<ApiResult> {
    const endMs = Date.now() + maxWaitMs
    for (let attempt = 0; ; attempt++) {
      const waitMs = (freeMs.get(method) ?? 0) - Date.now()
      if (waitMs > 0) {
        if (droppable || Date.now() + waitMs > endMs) throw new SlackError(method, 'ratelimited', [], waitMs)
        await sleep(waitMs)
      }
      try {
        const response = await client.apiCall(method, args)
        trouble = undefined
        return response
      } catch (thrown) {
        const error = slackError(method, thrown)
        if (tokenCodes.has(error.code)) trouble = `Slack no longer accepts the token (${error.code})`
        if (error.retryAfterMs !== undefined) {
          log.warn({ method, retryAfterMs: error.retryAfterMs }, 'Slack asks to wait')
          freeMs.set(method, Date.now() + error.retryAfterMs)
        } else if ((once && mayBeDone(error.code)) || !isTransient(error.code) || attempt >= 3) throw error
        else await sleep(400 * 2 ** attempt)
      }
    }
  }

  return { call, trouble: () => trouble }
}

/** A token that will not be accepted later either. */
export const tokenCodes: ReadonlySet<string> = new Set([
  'not_authed',
  'invalid_auth',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'not_allowed_token_type',
  'team_access_not_granted',
])

/** What another try may get past: it says nothing of the call itself. */
export function passes(code: string): boolean {
  return isTransient(code) || tokenCodes.has(code) || /^(http-|ratelimited$|rate_limited$|no-answer-of-slack$|file-unprocessed$)/.test(code)
}

/** Whether Slack may have done it all the same. */
export function mayBeDone(code: string): boolean {
  return /^(unanswered|http-5\d\d|internal_error|fatal_error|no-answer-of-slack)$/.test(code)
}

function isTransient(code: string): boolean {
  return /^(unreachable|unanswered|http-5\d\d|internal_error|fatal_error|service_unavailable|request_timeout)$/.test(code)
}

export function slackError(method: string, thrown: unknown): SlackError {
  if (thrown instanceof SlackError) return thrown
  if (thrown instanceof webApi.WebAPIRateLimitedError)
    return new SlackError(method, 'ratelimited', [], Math.max(1, thrown.retryAfter) * 1000)
  if (thrown instanceof webApi.WebAPIHTTPError) return new SlackError(method, `http-${thrown.statusCode}`)
  if (thrown instanceof webApi.WebAPIRequestError && isUnsent(thrown.original)) return new SlackError(method, 'unreachable')
  if (!(thrown instanceof webApi.WebAPIPlatformError)) return new SlackError(method, 'unanswered')
  const { error, response_metadata: metadata } = thrown.data
  const needed: unknown = Reflect.get(thrown.data, 'needed')
  // Slack may answer with 200 and this error; a proxy's page comes as the whole "error"
  const code = /^[\w-]{1,80}$/.test(error) ? error : 'no-answer-of-slack'
  if (code === 'ratelimited') return new SlackError(method, code, [], Math.max(1, metadata?.retryAfter ?? 10) * 1000)
  return new SlackError(method, code, [...(metadata?.messages ?? []), ...(typeof needed === 'string' ? [`needs ${needed}`] : [])])
}
