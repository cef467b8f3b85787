// Calls to Discord's REST API by discord.js, which waits where Discord says so (429) and tries again where it stumbles (5xx).
// What is refused comes back as a Refusal: discord.js's own errors carry addresses with tokens, and people's words.

import { DiscordAPIError, HTTPError, RateLimitError, type RawFile, type REST, type RequestMethod } from 'discord.js'

export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  readonly path: `/${string}`
  readonly body?: unknown
  readonly files?: readonly RawFile[]
  readonly query?: Readonly<Record<string, string>>
  /** False for addresses that are their own secret: those of interactions. */
  readonly auth?: false
}

export type Caller = (call: Call) => Promise<unknown>

export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  /** Discord's: https://docs.discord.com/developers/topics/opcodes-and-status-codes#json-json-error-codes; 0 where there is none. */
  readonly code: number

  constructor(status: number, code: number, said: string, { method, path }: Call) {
    super(`Discord answered ${status} (${code}: ${said}) to ${method} ${withoutTokens(path)}`)
    this.status = status
    this.code = code
  }
}

export function createCaller(rest: REST): Caller {
  return async (call) => {
    const { method, path, body, files, query, auth } = call
    try {
      return await rest.request({
        method: method as RequestMethod,
        fullRoute: path,
        ...(body !== undefined && { body }),
        ...(files && files.length > 0 && { files: [...files] }),
        ...(query && { query: new URLSearchParams(query) }),
        ...(auth === false && { auth }),
      })
    } catch (error) {
      if (error instanceof DiscordAPIError) throw new Refusal(error.status, Number(error.code) || 0, error.message, call)
      if (error instanceof HTTPError) throw new Refusal(error.status, 0, error.message, call)
      if (error instanceof RateLimitError) throw new Refusal(429, 0, `retry after ${error.retryAfter} ms`, call)
      throw new Error(`Discord did not answer ${method} ${withoutTokens(path)}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

export function isRefusal(error: unknown, codes: ReadonlySet<number>): error is Refusal {
  return error instanceof Refusal && codes.has(error.code)
}

function withoutTokens(path: string): string {
  return path.replace(/^(\/(?:webhooks|interactions)\/\d+\/)[^/]+/, '$1…')
}
