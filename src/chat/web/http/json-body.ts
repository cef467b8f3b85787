// The JSON that came with a call.

import type { Context } from 'hono'
import { HttpError } from './request-guard.ts'

/** @throws CallRefused not-json; what the size limit throws */
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
