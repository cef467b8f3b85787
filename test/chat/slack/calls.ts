// Calls of the Web API as they reach the Slack server, and responses to play.

import type { IncomingMessage } from 'node:http'

export type JsonObject = Readonly<Record<string, unknown>>

export interface Call {
  readonly method: string
  readonly args: JsonObject
}

/** A response in place of the usual one; undefined lets the call through after all. */
export type Play = (call: Call) => Promise<SlackResponse | undefined> | SlackResponse | undefined

export interface SlackResponse {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

export function refused(error: string, messages: readonly string[] = [], more: JsonObject = {}): SlackResponse {
  return { body: { ok: false, error, ...(messages.length > 0 && { errors: messages, response_metadata: { messages } }), ...more } }
}

export const wait = (seconds: number): SlackResponse => ({
  status: 429,
  headers: { 'retry-after': String(seconds) },
  body: { ok: false, error: 'ratelimited' },
})

/** From each method's page; other names are a mistake of ours. */
export const argumentNames: Readonly<Record<string, readonly string[]>> = {
  'chat.postMessage': [
    'channel',
    'text',
    'blocks',
    'thread_ts',
    'parse',
    'link_names',
    'unfurl_links',
    'unfurl_media',
    'metadata',
    'mrkdwn',
    'reply_broadcast',
  ],
  'chat.postEphemeral': ['channel', 'user', 'text', 'blocks', 'thread_ts', 'parse', 'link_names'],
  'chat.update': ['channel', 'ts', 'text', 'blocks', 'parse', 'link_names', 'metadata', 'file_ids'],
  'chat.delete': ['channel', 'ts'],
  'files.getUploadURLExternal': ['filename', 'length', 'alt_txt', 'snippet_type'],
  'files.completeUploadExternal': ['files', 'channel_id', 'thread_ts', 'initial_comment', 'blocks', 'channels'],
  'files.info': ['file'],
  'files.delete': ['file'],
  'reactions.get': ['channel', 'timestamp', 'full'],
  'conversations.history': ['channel', 'cursor', 'inclusive', 'latest', 'limit', 'oldest', 'include_all_metadata'],
  'conversations.replies': ['channel', 'ts', 'cursor', 'inclusive', 'latest', 'limit', 'oldest', 'include_all_metadata'],
  'conversations.info': ['channel', 'include_locale', 'include_num_members'],
  'conversations.open': ['users', 'channel', 'return_im', 'prevent_creation'],
  'users.info': ['user', 'include_locale'],
  'views.open': ['trigger_id', 'view'],
}

/** Forms carry JSON in their fields. */
export function argumentsOf(request: IncomingMessage, body: Buffer): JsonObject {
  if (!request.headers['content-type']?.includes('form')) return body.length > 0 ? (JSON.parse(body.toString()) as JsonObject) : {}
  const fields = [...new URLSearchParams(body.toString())].map(([name, value]) => [
    name,
    jsonFields.has(name) || /^(true|false)$/.test(value) ? JSON.parse(value) : value,
  ])
  return Object.fromEntries(fields) as JsonObject
}

const jsonFields = new Set(['blocks', 'metadata', 'view', 'files'])
