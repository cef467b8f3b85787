// Event schemas: what is read of Discord's events, and nothing else of them. What is malformed beside the point is taken for absent, so that
// whatever can get a response gets one.

import { z } from 'zod'

const id = z.string().regex(/^\d{1,20}$/)

const user = z.object({
  id,
  username: z.string().catch(''),
  global_name: z.string().nullish().catch(undefined),
  bot: z.boolean().optional().catch(undefined),
})

export type User = z.infer<typeof user>

const member = z.object({
  user: user.optional().catch(undefined),
  nick: z.string().nullish().catch(undefined),
  roles: z.array(id).catch([]),
  /** All that the person may do in this channel, as digits of a bit field. Only with interactions. */
  permissions: z.string().regex(/^\d+$/).optional().catch(undefined),
})

const channel = z.object({
  id: id.optional().catch(undefined),
  type: z.number().catch(0),
  nsfw: z.boolean().optional().catch(undefined),
  parent_id: id.nullish().catch(undefined),
})

const interactionSchema = z.object({
  id,
  token: z.string().min(1),
  type: z.number().catch(0),
  guild_id: id.optional().catch(undefined),
  channel_id: id.optional().catch(undefined),
  channel: channel.optional().catch(undefined),
  member: member.optional().catch(undefined),
  user: user.optional().catch(undefined),
  locale: z.string().optional().catch(undefined),
  guild_locale: z.string().optional().catch(undefined),
  app_permissions: z.string().regex(/^\d+$/).optional().catch(undefined),
  attachment_size_limit: z.number().positive().optional().catch(undefined),
  /** Keys '0': installed in the server; '1': by the person. */
  authorizing_integration_owners: z.record(z.string(), z.unknown()).optional().catch(undefined),
  /** 0: in a server; 1: with the bot alone; 2: in a conversation of other people. */
  context: z.number().optional().catch(undefined),
  data: z.unknown().optional(),
})

export type InteractionEvent = z.infer<typeof interactionSchema>

/** Undefined where there is nothing that could be responded to. */
export function interactionFrom(data: unknown): InteractionEvent | undefined {
  return interactionSchema.safeParse(data).data
}

export const attachment = z.object({
  id: id.optional(),
  url: z.string(),
  filename: z.string(),
  size: z.number(),
  description: z.string().nullish(),
})

export type AttachmentData = z.infer<typeof attachment>

const resolved = z.object({ attachments: z.record(z.string(), attachment).catch({}) }).catch({ attachments: {} })

export interface OptionData {
  readonly name: string
  readonly type: number
  readonly value?: unknown
  readonly focused?: unknown
  readonly options?: readonly OptionData[] | undefined
}

const option: z.ZodType<OptionData> = z.object({
  name: z.string(),
  type: z.number(),
  value: z.unknown().optional(),
  focused: z.unknown().optional(),
  options: z.lazy(() => z.array(option).max(25).optional()),
})

/** Slash commands, and completion of their options. */
export const commandData = z.object({ name: z.string(), options: z.array(option).catch([]), resolved })

/** A button, or a choice from a list. */
export const componentData = z.object({ custom_id: z.string(), values: z.array(z.string()).catch([]) })

const input = z.object({ custom_id: z.string(), value: z.unknown().optional(), values: z.array(z.unknown()).optional().catch(undefined) })

/** A submitted dialog: labels with one input each, or rows of them as dialogs once had. */
export const modalData = z.object({
  custom_id: z.string(),
  components: z
    .array(z.object({ component: input.optional().catch(undefined), components: z.array(input).catch([]) }).catch({ components: [] }))
    .catch([]),
  resolved,
})

const reactionSchema = z.object({
  user_id: id,
  channel_id: id,
  message_id: id,
  guild_id: id.optional(),
  member: member.optional().catch(undefined),
  message_author_id: id.optional().catch(undefined),
  emoji: z.object({ id: z.string().nullish(), name: z.string().nullish() }),
})

export type ReactionEvent = z.infer<typeof reactionSchema>

export function reactionFrom(data: unknown): ReactionEvent | undefined {
  return reactionSchema.safeParse(data).data
}

const messageSchema = z.object({
  id,
  channel_id: id,
  guild_id: z.string().optional(),
  /** 0 is a message, 19 a reply to one; others are Discord's own words. */
  type: z.union([z.literal(0), z.literal(19)]),
  author: user,
  content: z.string().catch(''),
  attachments: z.array(attachment).catch([]),
  referenced_message: z
    .object({ attachments: z.array(attachment).catch([]) })
    .nullish()
    .catch(undefined),
})

export type MessageEvent = z.infer<typeof messageSchema>

export function messageFrom(data: unknown): MessageEvent | undefined {
  return messageSchema.safeParse(data).data
}

const readySchema = z.object({ session_id: z.string() })

/** Of a READY; empty where Discord names none. */
export function sessionIn(data: unknown): string {
  return readySchema.safeParse(data).data?.session_id ?? ''
}
