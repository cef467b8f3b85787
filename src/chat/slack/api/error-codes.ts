// Error codes of Slack, and what they mean for a message. https://docs.slack.dev/reference/methods/chat.postMessage#errors and the others' pages.

import { UserError } from '../../../errors.ts'
import { limits } from '../limits.ts'
import { passes, SlackError } from './web-api.ts'

/** The message is not there, or out of reach. */
export const goneCodes: ReadonlySet<string> = new Set([
  'message_not_found',
  'channel_not_found',
  'thread_not_found',
  'not_in_channel',
  'is_archived',
  'is_inactive',
  'cant_update_message',
  'cant_delete_message',
  'edit_window_closed',
])

/** The bot cannot speak to one person there with its token. */
export const noMemberCodes: ReadonlySet<string> = new Set([
  'not_in_channel',
  'channel_not_found',
  'user_not_in_channel',
  'is_archived',
  'no_permission',
])

/** The trigger was used, is too old, or was never one. */
export const lateCodes: ReadonlySet<string> = new Set([
  'expired_trigger_id',
  'trigger_expired',
  'exchanged_trigger_id',
  'trigger_exchanged',
  'invalid_trigger_id',
  'ratelimited',
])

const closedCodes: ReadonlySet<string> = new Set([
  'not_in_channel',
  'channel_not_found',
  'user_not_found',
  'user_disabled',
  'user_not_visible',
  'cannot_dm_bot',
  'is_archived',
  'no_permission',
  'not_reachable',
  'messages_tab_disabled',
  'restricted_action',
  'restricted_action_read_only_channel',
  'restricted_action_thread_only_channel',
  'restricted_action_non_threadable_channel',
  'restricted_action_thread_locked',
  'ekm_access_denied',
])

/** More bytes than a workspace takes. */
const sizeCodes: ReadonlySet<string> = new Set(['file_upload_size_restricted', 'file_too_large'])

/** A workspace may take no files, or none but pictures. */
const fileCodes: ReadonlySet<string> = new Set([
  'file_type_not_allowed',
  'file_uploads_disabled',
  'file_uploads_except_images_disabled',
  'file_update_failed',
  'storage_limit_reached',
  'slack_connect_file_upload_sharing_blocked',
  'slack_connect_file_link_sharing_blocked',
  'slack_connect_blocked_file_type',
  'missing_file_data',
])

/**
 * A refusal as such, with a sentence: Slack's own word that it takes no such message is as true at the next try. Anything else as it is: what is
 * said of the token, of too many calls and of Slack itself passes.
 */
export function translateError(error: unknown, botName: string): unknown {
  if (!(error instanceof SlackError)) return error
  const { code } = error
  if (sizeCodes.has(code)) {
    const max = Math.floor(limits.maxBytes / 1024)
    return new UserError('too-large', `This workspace takes no file as large as this (${code}).`, { max, reason: code }, { cause: error })
  }
  if (fileCodes.has(code)) {
    return new UserError('file-refused', `This workspace takes no such file (${code}).`, { reason: code }, { cause: error })
  }
  if (closedCodes.has(code)) return cannotPost(error, botName)
  if (passes(code)) return error
  return new UserError('refused-here', `Slack does not take this message (${code}).`, { said: code }, { cause: error })
}

export function cannotPost(error: Error, name: string): UserError {
  const sentence = `I may not write there (${error.message}): type /invite @${name} in the channel, or ask me in a direct message.`
  return new UserError('cannot-post-here', sentence, { name, reason: error.message }, { cause: error })
}
