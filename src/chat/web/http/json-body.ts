// A JSON body: what came with a call.

import type { Context } from 'hono'
import { HttpError } from './http-error.ts'

/** @throws HttpError not-json; what the size limit throws */
export async function jsonOf(c: Context): Promise<unknown> {
  if (!/^application\/json(;|$)/i.test(c.req.header('content-type') ?? '')) throw notJson()
  const text = await c.req.text()
  try {
    return JSON.parse(text)
  } catch {
    throw notJson()
  }
}

function notJson(): HttpError {
  return new HttpError(415, 'not-json', 'What was sent is not JSON.')
}
