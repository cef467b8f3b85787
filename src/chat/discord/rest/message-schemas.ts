// What is read of the messages that Discord gives back.

import { MessageFlags } from 'discord.js'
import { z } from 'zod'

const messageSchema = z.object({
  id: z.string(),
  channel_id: z.string(),
  flags: z.number().default(0),
  components: z.array(z.object({ id: z.number().optional() })).default([]),
})

export type MessageData = z.infer<typeof messageSchema>

export function messageFrom(answer: unknown): MessageData {
  return messageSchema.parse(answer)
}

/** The message that an interaction was answered with. */
export function messageOfCallback(answer: unknown): MessageData {
  return z.object({ resource: z.object({ message: messageSchema }) }).parse(answer).resource.message
}

export function idFrom(answer: unknown): string {
  return z.object({ id: z.string() }).parse(answer).id
}

export function isEphemeral({ flags }: MessageData): boolean {
  return (flags & MessageFlags.Ephemeral) !== 0
}

/** It says only that an answer comes. */
export function isLoading({ flags }: MessageData): boolean {
  return (flags & MessageFlags.Loading) !== 0
}
