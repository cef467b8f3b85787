// Payload schemas: what Slack sends, as far as it is read. Everything else in it is left alone, and what does not fit is no event of ours.
// The team that an event names is nobody to rely on: in a channel that is shared with another workspace (Slack Connect) it is the other one.

import { z } from 'zod'
import { fileSchema, submittedSchema } from './layout/modal.ts'

const id = z.string().min(1).max(200)
/** Names are for where Slack's users.info does not tell them. */
const shownName = z.string().max(200).nullish().catch(undefined)
const user = z.object({ id, name: shownName, username: shownName })

export const commandPayload = z.object({
  command: z.string().startsWith('/'),
  text: z.string().default(''),
  trigger_id: id,
  user_id: id,
  user_name: shownName,
  channel_id: id,
  response_url: z.string().optional(),
})

export const actionPayload = z.object({
  type: z.literal('block_actions'),
  trigger_id: id,
  user,
  channel: z.object({ id }),
  response_url: z.string().optional(),
  container: z.object({ message_ts: z.string().optional(), thread_ts: z.string().optional() }),
  actions: z.array(z.object({ action_id: z.string(), value: z.string() })).min(1),
})

export const submissionPayload = z.object({
  type: z.literal('view_submission'),
  trigger_id: id.optional(),
  user,
  view: z.object({ id, private_metadata: z.string(), state: z.object({ values: submittedSchema }) }),
})

export const suggestionPayload = z.object({
  type: z.literal('block_suggestion'),
  user,
  block_id: z.string(),
  value: z.string(),
  view: z.object({ private_metadata: z.string() }),
})

export const reactionPayload = z.object({
  event_id: id,
  event: z.object({
    user: id,
    reaction: z.string(),
    item_user: z.string().nullish(),
    item: z.object({ type: z.literal('message'), channel: id, ts: id }),
  }),
})

export const messagePayload = z.object({
  event_id: id,
  event: z.object({
    user: id,
    text: z.string().default(''),
    channel: id,
    channel_type: z.string().optional(),
    subtype: z.string().optional(),
    bot_id: z.string().optional(),
    /** It was said before, in other words. */
    edited: z.unknown().optional(),
    /** Of somebody of another workspace, in a channel that is shared with it. */
    user_profile: z.object({ display_name: shownName, real_name: shownName, name: shownName }).nullish().catch(undefined),
    thread_ts: z.string().optional(),
    files: z.array(fileSchema).optional(),
  }),
})
