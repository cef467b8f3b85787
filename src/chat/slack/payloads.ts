// Payload schemas: what Slack sends, as far as it is read. Everything else in it is left alone, and what does not fit is no event of ours.

import { z } from 'zod'
import { fileSchema, submittedSchema } from './layout/modal.ts'

const id = z.string().min(1).max(200)
const team = z.object({ id }).nullish()
const user = z.object({ id, team_id: id.nullish() })

export const commandPayload = z.object({
  command: z.string().startsWith('/'),
  text: z.string().default(''),
  trigger_id: id,
  user_id: id,
  channel_id: id,
  team_id: id.nullish(),
  response_url: z.string().optional(),
})

export const actionPayload = z.object({
  type: z.literal('block_actions'),
  trigger_id: id,
  user,
  team,
  channel: z.object({ id }),
  response_url: z.string().optional(),
  container: z.object({ message_ts: z.string().optional(), thread_ts: z.string().optional() }),
  actions: z.array(z.object({ action_id: z.string(), value: z.string() })).min(1),
})

export const submissionPayload = z.object({
  type: z.literal('view_submission'),
  trigger_id: id.optional(),
  user,
  team,
  view: z.object({ id, private_metadata: z.string(), state: z.object({ values: submittedSchema }) }),
})

export const suggestionPayload = z.object({
  type: z.literal('block_suggestion'),
  user,
  team,
  block_id: z.string(),
  value: z.string(),
  view: z.object({ private_metadata: z.string() }),
})

export const reactionPayload = z.object({
  event_id: id,
  team_id: id.nullish(),
  event: z.object({
    user: id,
    reaction: z.string(),
    item_user: z.string().nullish(),
    item: z.object({ type: z.literal('message'), channel: id, ts: id }),
  }),
})

export const messagePayload = z.object({
  event_id: id,
  team_id: id.nullish(),
  event: z.object({
    user: id,
    text: z.string().default(''),
    channel: id,
    channel_type: z.string().optional(),
    subtype: z.string().optional(),
    bot_id: z.string().optional(),
    thread_ts: z.string().optional(),
    files: z.array(fileSchema).optional(),
  }),
})
