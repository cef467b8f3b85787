// REST calls to Discord by discord.js, which waits where Discord says so (429) and tries again where it stumbles (5xx).
// What is refused is thrown as a RestError: discord.js's own errors carry addresses with tokens, and people's words.

import { DiscordAPIError, HTTPError, RateLimitError, type RawFile, type REST, type RequestMethod } from 'discord.js'
import { omitUndefined } from '../../../omit-undefined.ts'

export interface RestCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  readonly path: `/${string}`
  readonly body?: unknown
  readonly files?: readonly RawFile[]
  readonly query?: Readonly<Record<string, string>>
  /** False for addresses that are their own secret: those of interactions. */
  readonly auth?: false
}

export type SendRestCall = (call: RestCall) => Promise<unknown>

export class RestError extends Error {
  override readonly name = 'RestError'
  readonly status: number
  /** Discord's: https://docs.discord.com/developers/topics/opcodes-and-status-codes#json-json-error-codes; 0 where there is none. */
  readonly code: number
  /** In Discord's words: one line, without the places of a form that they are about. */
  readonly said: string

  constructor(status: number, code: number, said: string, { method, path }: RestCall) {
    super(`Discord answered ${status} (${code}: ${said}) to ${method} ${withoutTokens(path)}`)
    this.status = status
    this.code = code
    this.said = said.split('\n')[0]!.replace(/[.:\s]+$/, '')
  }
}

export interface RestCalls {
  readonly send: SendRestCall
  /** Why Discord does not take the bot's token just now; undefined while it does. */
  trouble(): string | undefined
}

/** After a 401; doubles with each that follows. 10,000 refused calls in ten minutes shut the whole address out. */
const refusedWaitMs = 250
const longestRefusedWaitMs = 60_000
/** Where nothing was asked since, a refusal of then says nothing of now. */
const troubleMs = 10 * 60_000

export function createRestCalls(rest: REST, nowMs: () => number): RestCalls {
  let refusals = 0
  let refusedUntilMs = 0
  let refusedMs = 0

  function note(status: number): void {
    refusals = status === 401 ? refusals + 1 : 0
    refusedMs = nowMs()
    refusedUntilMs = refusals === 0 ? 0 : nowMs() + Math.min(longestRefusedWaitMs, refusedWaitMs * 2 ** refusals)
  }

  async function send(call: RestCall): Promise<unknown> {
    const { auth } = call
    if (auth === false) return request(call)
    if (nowMs() < refusedUntilMs) throw new RestError(401, 0, 'the token was refused a moment ago', call)
    try {
      const result = await request(call)
      note(200)
      return result
    } catch (error) {
      if (error instanceof RestError) note(error.status)
      throw error
    }
  }

  async function request(call: RestCall): Promise<unknown> {
    const { method, path, body, files, query, auth } = call
    try {
      return await rest.request({
        method: method as RequestMethod,
        fullRoute: path,
        ...omitUndefined({ body }),
        ...(files && files.length > 0 && { files: [...files] }),
        ...(query && { query: new URLSearchParams(query) }),
        ...(auth === false && { auth }),
      })
    } catch (error) {
      if (error instanceof DiscordAPIError) throw new RestError(error.status, Number(error.code) || 0, error.message, call)
      if (error instanceof HTTPError) throw new RestError(error.status, 0, error.message, call)
      if (error instanceof RateLimitError) throw new RestError(429, 0, `retry after ${error.retryAfter} ms`, call)
      throw new Error(`Discord did not answer ${method} ${withoutTokens(path)}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  return {
    send,
    trouble() {
      if (refusals === 0 || nowMs() - refusedMs > troubleMs) return undefined
      return 'Discord does not accept the token just now (401): if that lasts, DISCORD_TOKEN was reset.'
    },
  }
}

export function isRestError(error: unknown, codes: ReadonlySet<number>): error is RestError {
  return error instanceof RestError && codes.has(error.code)
}

function withoutTokens(path: string): string {
  return path.replace(/^(\/(?:webhooks|interactions)\/\d+\/)[^/]+/, '$1…')
}
