// What a person sees: the state of the local Slack, shown as its clients show it.

import { type Reaction, reactionNamed } from '../../../src/chat/contract/reactions.ts'
import type { Seen } from '../../suites/platform.ts'
import type { Thing } from './calls.ts'
import type { Service } from './service.ts'

export async function screenOf(service: Service, person: string): Promise<Seen[]> {
  const { ids, state } = service
  const opened = await state('conversations.open', { users: person })
  const own = (opened['channel'] as { id: string }).id
  const messages: Thing[] = []
  for (const channel of [ids.channel, own]) {
    const history = await state('conversations.history', { channel, limit: 1000 })
    for (const message of history['messages'] as Thing[]) {
      messages.push({ ...message, channel })
      if (Number(message['reply_count'] ?? 0) > 0) {
        const replies = await state('conversations.replies', { channel, ts: message['ts'] })
        messages.push(...(replies['messages'] as Thing[]).filter(({ ts }) => ts !== message['ts']).map((one) => ({ ...one, channel })))
      }
    }
  }
  const passing = service.ephemerals.filter(({ user }) => user === person).map(({ args, channel, ts }) => ({ ...args, channel, ts }))
  const sorted = [...messages, ...passing].sort((a: Thing, b: Thing) => (String(a['ts']) < String(b['ts']) ? -1 : 1))
  return Promise.all(sorted.map((message) => shown(service, message)))
}

async function shown(service: Service, message: Thing): Promise<Seen> {
  const name = `${message['channel']}:${message['ts']}`
  const blocks = (message['blocks'] ?? []) as Thing[]
  const seen = { pictures: [] as Uint8Array[], files: [] as Uint8Array[] }
  for (const { slack_file: inside } of blocks as { slack_file?: { id: string } }[]) {
    const file = inside && !service.broken.has(`${name}:${inside.id}`) ? await service.file(inside.id) : undefined
    if (file) seen.pictures.push(file.bytes)
  }
  for (const { id } of (message['files'] ?? []) as { id: string }[]) {
    const file = await service.file(id)
    if (file) seen[/\.(gif|webp|mp4)$/.test(file.name) ? 'pictures' : 'files'].push(file.bytes)
  }
  const reactions = (message['reactions'] ?? []) as { name: string; users: string[] }[]
  return {
    message: name,
    text: blocks.length > 0 ? blocks.map(textOf).filter(Boolean).join('\n') : decoded(String(message['text'] ?? '')),
    ...seen,
    buttons: blocks
      .flatMap((block) => (block['type'] === 'actions' ? (block['elements'] as Thing[]) : []))
      .map(({ text }) => decoded((text as Thing)['text'] as string)),
    reactions: reactions
      .filter(({ users }) => users.includes(service.ids.bot))
      .flatMap((one): readonly Reaction[] => {
        const mark = reactionNamed(one.name)
        return mark ? [mark] : []
      }),
  }
}

/** The button of a message whose text ends in `label`. */
export function buttonIn(blocks: readonly Thing[], label: string): Thing | undefined {
  const buttons = blocks.flatMap((block) => (block['type'] === 'actions' ? (block['elements'] as Thing[]) : []))
  return buttons.find(({ text }) => decoded((text as Thing)['text'] as string).endsWith(label))
}

/** Rich text is literal; other texts have their entities undone. */
function textOf(block: Thing): string {
  if (block['type'] !== 'rich_text') return ''
  const parts = (block['elements'] as Thing[]).map(({ elements }) => {
    return (elements as Thing[]).map(({ type, text }) => (type === 'text' || type === 'link' ? text : '')).join('')
  })
  return parts.join('\n')
}

export function decoded(text: string): string {
  return text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&')
}
