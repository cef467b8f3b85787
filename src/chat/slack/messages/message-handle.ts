// A message handle: what is kept of a message, for years: enough to edit it, to delete it, and to know what of it need not be uploaded again.

import { z } from 'zod'
import type { Json } from '../../../store/json.ts'
import type { Posted } from '../../contract/platform.ts'
import { messageName } from '../address.ts'

const fileSchema = z.object({ id: z.string(), hash: z.string() })

const schema = z.object({
  channel: z.string(),
  ts: z.string(),
  thread: z.string().optional(),
  /** Shown inside the message. */
  files: z.array(fileSchema),
  /** Messages of their own that carry what cannot be shown inside. */
  shares: z.array(fileSchema.extend({ ts: z.string().optional() })),
})

export type Handle = z.infer<typeof schema>
export type StoredFile = z.infer<typeof fileSchema>

export const storedFileSchema = fileSchema

/** Undefined for what only one person saw: Slack forgets it. */
export function readHandle({ handle }: Posted): Handle | undefined {
  return handle === ephemeral ? undefined : schema.parse(handle)
}

export function postedAs(handle: Handle): Posted {
  const { channel, ts, shares } = handle
  const all = [ts, ...shares.flatMap((share) => share.ts ?? [])]
  return { handle: JSON.parse(JSON.stringify(handle)) as Json, messages: all.map((one) => messageName(channel, one)) }
}

export function ephemeralMessage(messages: readonly string[]): Posted {
  return { handle: ephemeral, messages }
}

const ephemeral = 'ephemeral'
