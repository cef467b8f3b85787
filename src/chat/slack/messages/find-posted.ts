// Finding what was posted. Slack has no nonce, but messages carry metadata that only apps see: what we post says there which post
// it is, and after a crash the conversation is read back before anything is posted twice.

import { z } from 'zod'
import type { RedactedLog } from '../api/redacted-log.ts'
import { hasCode, type SlackApi } from '../api/web-api.ts'
import { type StoredFile, storedFileSchema } from './message-handle.ts'

export interface FoundPost {
  /** The bot's message with this nonce, and what it has shared since. */
  readonly found: { readonly ts: string; readonly files: readonly StoredFile[] } | undefined
  readonly shared: Shared
}

/** Messages that carry a file, by its name. */
export type Shared = ReadonlyMap<string, { readonly id: string; readonly ts: string }>

export interface PostLocation {
  readonly channel: string
  readonly thread?: string | undefined
}

/** What `nonce` leaves in a message. */
export function metadataOf(nonce: string, files: readonly StoredFile[]) {
  return { event_type: eventType, event_payload: { nonce, files } }
}

/** @param sinceTs nothing older is looked at */
export function createFindPosted(api: SlackApi, botUser: string, log: RedactedLog) {
  return async (place: PostLocation, nonce: string | undefined, sinceTs: string): Promise<FoundPost> => {
    const shared = new Map<string, { readonly id: string; readonly ts: string }>()
    let cursor: string | undefined
    for (let page = 0; page < maxPages; page++) {
      const { messages, next } = await read(place, sinceTs, cursor)
      const own = messages.filter(({ user }) => user === botUser)
      for (const { ts, files = [] } of own) for (const { id, name } of files) if (id && name) shared.set(name, { id, ts })
      const found = own.find(({ metadata }) => nonce !== undefined && ours(metadata)?.nonce === nonce)
      if (found) return { found: { ts: found.ts, files: ours(found.metadata)!.files }, shared }
      cursor = next
      if (!cursor) break
    }
    return { found: undefined, shared }
  }

  async function read({ channel, thread }: PostLocation, oldest: string, cursor: string | undefined) {
    const method = thread === undefined ? 'conversations.history' : 'conversations.replies'
    const args = { channel, ts: thread, oldest, inclusive: true, include_all_metadata: true, limit: 200, cursor }
    try {
      const { messages, response_metadata } = pageSchema.parse(await api.call(method, args))
      return { messages, next: response_metadata?.next_cursor }
    } catch (error) {
      // posting will say why, if it is the place; without the scope a double is better than nothing
      if (!hasCode(error, ['missing_scope', 'not_in_channel', 'channel_not_found', 'thread_not_found'])) throw error
      log.warn({ method, code: error.code }, 'messages of before cannot be read: a post may be doubled')
      return { messages: [], next: undefined }
    }
  }
}

const eventType = 'zoetrope_post'
const maxPages = 5

const metadataSchema = z.object({ event_type: z.string().optional(), event_payload: z.unknown().optional() }).optional()

const pageSchema = z.object({
  messages: z.array(
    z.object({
      ts: z.string(),
      user: z.string().optional(),
      metadata: metadataSchema,
      files: z.array(z.object({ id: z.string().optional(), name: z.string().nullish() })).optional(),
    }),
  ),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
})

const oursSchema = z.object({ nonce: z.string(), files: z.array(storedFileSchema).default([]) })

function ours(metadata: z.infer<typeof metadataSchema>): z.infer<typeof oursSchema> | undefined {
  return metadata?.event_type === eventType ? oursSchema.safeParse(metadata.event_payload).data : undefined
}
