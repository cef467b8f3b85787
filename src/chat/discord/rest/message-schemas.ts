// Message schemas: what is read of the messages that Discord gives back.

import { MessageFlags } from 'discord.js'
import { z } from 'zod'

const messageSchema = z.object({
  id: z.string(),
  channel_id: z.string(),
  flags: z.number().default(0),
  components: z.array(z.object({ id: z.number().optional() })).default([]),
})

export type MessageData = z.infer<typeof messageSchema>

export function messageFrom(body: unknown): MessageData {
  return messageSchema.parse(body)
}

/** The first response to an interaction. */
export function messageOfCallback(body: unknown): MessageData {
  return z.object({ resource: z.object({ message: messageSchema }) }).parse(body).resource.message
}

export function idFrom(body: unknown): string {
  return z.object({ id: z.string() }).parse(body).id
}

export function isEphemeral({ flags }: MessageData): boolean {
  return (flags & MessageFlags.Ephemeral) !== 0
}

/** It says only that a response comes. */
export function isLoading({ flags }: MessageData): boolean {
  return (flags & MessageFlags.Loading) !== 0
}
