// An address: where something was said, and so where the response goes. Kept with the job: everything but `channel`, `user` and `thread` is of
// use for minutes only.

import { z } from 'zod'
import type { Json } from '../../store/json.ts'

const schema = z.object({
  team: z.string(),
  channel: z.string(),
  user: z.string(),
  /** The conversation of this person with the bot. */
  direct: z.boolean(),
  thread: z.string().optional(),
  /** Opens one dialog, within three seconds. */
  trigger: z.string().optional(),
  /** Takes five responses in thirty minutes, also where the bot is no member. A secret. */
  responseUrl: z.string().optional(),
  heardMs: z.number(),
})

export type Address = z.infer<typeof schema>

export const addressSchema = schema

export function readAddress(address: Json): Address {
  return schema.parse(address)
}

/** `JSON.stringify` drops undefined, `Json` has none. */
export function addressJson(address: Address): Json {
  return JSON.parse(JSON.stringify(address)) as Json
}

/** A reaction names the message that it is put on like this, and so does `Posted.messages`. */
export function messageName(channel: string, ts: string): string {
  return `${channel}:${ts}`
}
