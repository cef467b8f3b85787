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

  constructor(status: number, code: number, said: string, { method, path }: RestCall) {
    super(`Discord answered ${status} (${code}: ${said}) to ${method} ${withoutTokens(path)}`)
    this.status = status
    this.code = code
  }
}

export function createRestCalls(rest: REST): SendRestCall {
  return async (call) => {
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
}

export function isRestError(error: unknown, codes: ReadonlySet<number>): error is RestError {
  return error instanceof RestError && codes.has(error.code)
}

function withoutTokens(path: string): string {
  return path.replace(/^(\/(?:webhooks|interactions)\/\d+\/)[^/]+/, '$1…')
}
