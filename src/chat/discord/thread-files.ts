// Files of a thread: what people have put into it. Discord shows a bot what is written there only where its operator has switched on the
// Message Content intent; without it a thread has no files.

import { ChannelType } from 'discord.js'
import { z } from 'zod'
import type { Attachment } from '../contract/attachment.ts'
import type { Platform } from '../contract/platform.ts'
import { addressFrom } from './address.ts'
import { attachment } from './gateway/event-schemas.ts'
import { attachmentOf } from './receive.ts'
import { RestError, type SendRestCall } from './rest/rest-calls.ts'

const threads: ReadonlySet<number> = new Set([ChannelType.AnnouncementThread, ChannelType.PublicThread, ChannelType.PrivateThread])

const channelSchema = z.object({ type: z.number() })
/** Newest first. */
const messagesSchema = z.array(z.object({ author: z.object({ bot: z.boolean().optional() }), attachments: z.array(attachment).catch([]) }))

export function createThreadFiles(call: SendRestCall): NonNullable<Platform['filesNear']> {
  async function filesIn(channel: string): Promise<Attachment[]> {
    const { type } = channelSchema.parse(await call({ method: 'GET', path: `/channels/${channel}` }))
    if (!threads.has(type)) return []
    const written = messagesSchema.parse(await call({ method: 'GET', path: `/channels/${channel}/messages`, query: { limit: '100' } }))
    return written
      .reverse()
      .filter(({ author }) => !author.bot)
      .flatMap(({ attachments }) => attachments.map(attachmentOf))
  }

  return async (address) => {
    const { channel, direct, guest } = addressFrom(address)
    if (direct || guest) return []
    return filesIn(channel).catch((error: unknown) => {
      // Where it may not read, there is nothing to read.
      if (error instanceof RestError) return []
      throw error
    })
  }
}
