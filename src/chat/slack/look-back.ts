// Whether a message is there already. Slack has no nonce, but messages carry metadata that only apps see: what we post says there
// which post it is, and after a crash the conversation is read back before anything is posted twice.

import { z } from 'zod'
import { type Api, hasCode } from './api.ts'
import { type KeptFile, keptFileSchema } from './handle.ts'
import type { Log } from './log.ts'

export interface Found {
  readonly ts: string
  readonly files: readonly KeptFile[]
  /** Files that the bot has shared in the conversation since, by name. */
  readonly shared: ReadonlyMap<string, { readonly id: string; readonly ts: string }>
}

/** What `nonce` leaves in a message. */
export function metadataOf(nonce: string, files: readonly KeptFile[]) {
  return { event_type: eventType, event_payload: { nonce, files } }
}

/** @param sinceTs the oldest message to look at */
export async function lookBack(
  api: Api,
  where: { readonly channel: string; readonly thread?: string | undefined },
  nonce: string,
  sinceTs: string | undefined,
  botUser: string,
  log: Log,
): Promise<Found | undefined> {
  const shared = new Map<string, { readonly id: string; readonly ts: string }>()
  let cursor: string | undefined
  for (let page = 0; page < maxPages; page++) {
    const method = where.thread === undefined ? 'conversations.history' : 'conversations.replies'
    const answer = await api
      .call(method, {
        channel: where.channel,
        ts: where.thread,
        oldest: sinceTs,
        inclusive: true,
        include_all_metadata: true,
        limit: 200,
        cursor,
      })
      .catch((error: unknown) => {
        // posting will say why, if it is the place; without the scope a double is better than nothing
        if (hasCode(error, ['missing_scope', 'not_in_channel', 'channel_not_found', 'thread_not_found'])) return undefined
        throw error
      })
    if (!answer) {
      log.warn({ method }, 'messages of before cannot be read: a post may be doubled')
      return undefined
    }
    const { messages, response_metadata: next } = pageSchema.parse(answer)
    for (const { ts, user, files } of messages)
      if (user === botUser) for (const { id, name } of files ?? []) if (id && name) shared.set(name, { id, ts })
    const found = messages.find(({ user, metadata }) => user === botUser && ours(metadata)?.nonce === nonce)
    if (found) return { ts: found.ts, files: ours(found.metadata)?.files ?? [], shared }
    cursor = next?.next_cursor
    if (!cursor) return undefined
  }
  return undefined
}

const eventType = 'zoetrope_post'
const maxPages = 5

const pageSchema = z.object({
  messages: z.array(
    z.object({
      ts: z.string(),
      user: z.string().optional(),
      metadata: z.object({ event_type: z.string().optional(), event_payload: z.unknown().optional() }).optional(),
      files: z.array(z.object({ id: z.string().optional(), name: z.string().nullish() })).optional(),
    }),
  ),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
})

const oursSchema = z.object({ nonce: z.string(), files: z.array(keptFileSchema).default([]) })

function ours(metadata: z.infer<typeof pageSchema>['messages'][number]['metadata']) {
  return metadata?.event_type === eventType ? oursSchema.safeParse(metadata.event_payload).data : undefined
}
