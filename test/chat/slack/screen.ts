// The screen: what a user sees, made from the state of the Slack server as its clients show it.

import type { Seen } from '../../suites/platform.ts'
import type { JsonObject } from './calls.ts'
import type { SlackServer } from './server.ts'

export async function screenOf(server: SlackServer, person: string): Promise<Seen[]> {
  const { ids, state } = server
  const opened = await state('conversations.open', { users: person })
  const own = (opened['channel'] as { id: string }).id
  const messages: JsonObject[] = []
  for (const channel of [ids.channel, own]) {
    const history = await state('conversations.history', { channel, limit: 1000 })
    for (const message of history['messages'] as JsonObject[]) {
      messages.push({ ...message, channel })
      if (Number(message['reply_count'] ?? 0) > 0) {
        const replies = await state('conversations.replies', { channel, ts: message['ts'] })
        messages.push(...(replies['messages'] as JsonObject[]).filter(({ ts }) => ts !== message['ts']).map((one) => ({ ...one, channel })))
      }
    }
  }
  const ephemeral = server.ephemerals.filter(({ user }) => user === person).map(({ args, channel, ts }) => ({ ...args, channel, ts }))
  const sorted = [...messages, ...ephemeral].sort((a: JsonObject, b: JsonObject) => (String(a['ts']) < String(b['ts']) ? -1 : 1))
  return Promise.all(sorted.map((message) => shown(server, message)))
}

async function shown(server: SlackServer, message: JsonObject): Promise<Seen> {
  const name = `${message['channel']}:${message['ts']}`
  const blocks = (message['blocks'] ?? []) as JsonObject[]
  const seen = { pictures: [] as Uint8Array[], files: [] as Uint8Array[] }
  for (const { slack_file: inside } of blocks as { slack_file?: { id: string } }[]) {
    const file = inside && !server.broken.has(`${name}:${inside.id}`) ? await server.file(inside.id) : undefined
    if (file) seen.pictures.push(file.bytes)
  }
  for (const { id } of (message['files'] ?? []) as { id: string }[]) {
    const file = await server.file(id)
    if (file) seen[/\.(gif|webp|mp4)$/.test(file.name) ? 'pictures' : 'files'].push(file.bytes)
  }
  return {
    message: name,
    text: blocks.length > 0 ? blocks.map(textOf).filter(Boolean).join('\n') : decoded(String(message['text'] ?? '')),
    ...seen,
    buttons: blocks
      .flatMap((block) => (block['type'] === 'actions' ? (block['elements'] as JsonObject[]) : []))
      .map(({ text }) => decoded((text as JsonObject)['text'] as string)),
  }
}

/** The button of a message whose text ends in `label`. */
export function buttonIn(blocks: readonly JsonObject[], label: string): JsonObject | undefined {
  const buttons = blocks.flatMap((block) => (block['type'] === 'actions' ? (block['elements'] as JsonObject[]) : []))
  return buttons.find(({ text }) => decoded((text as JsonObject)['text'] as string).endsWith(label))
}

/** Rich text is literal; other texts have their entities undone. */
function textOf(block: JsonObject): string {
  if (block['type'] !== 'rich_text') return ''
  const parts = (block['elements'] as JsonObject[]).map(({ elements }) => {
    return (elements as JsonObject[]).map(({ type, text }) => (type === 'text' || type === 'link' ? text : '')).join('')
  })
  return parts.join('\n')
}

export function decoded(text: string): string {
  return text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&')
}
