// Mentions in what was typed: Discord hands over ids, and people mean names. What is not known stays as it was written.

import type { Incoming, OptionInput } from '../contract/incoming.ts'
import { mention } from '../contract/mention.ts'
import type { Names } from './names.ts'

/** More than this in one message is no sentence; each may be a question to Discord. */
const mostLookUps = 10

/** What was said, with names in its mentions: `<@12>` becomes `<@12|ann>`; custom emoji and commands become their words. */
export async function withMentionsNamed(incoming: Incoming, guild: string | undefined, names: Names): Promise<Incoming> {
  if (incoming.kind === 'reaction') return incoming
  if (incoming.kind === 'text') return { ...incoming, text: await named(incoming.text, guild, names) }
  const options: Record<string, OptionInput> = {}
  for (const [name, value] of Object.entries(incoming.options))
    options[name] = typeof value === 'string' ? await named(value, guild, names) : value
  return { ...incoming, options }
}

async function named(text: string, guild: string | undefined, names: Names): Promise<string> {
  const people = new Set([...text.matchAll(/<@!?(\d{1,20})>/g)].map((match) => match[1]!).slice(0, mostLookUps))
  const known = new Map(await Promise.all([...people].map(async (id) => [id, await names.ofPerson(id, guild)] as const)))
  const mentionOf = (kind: 'person' | 'channel' | 'role', id: string, name: string | undefined, whole: string) =>
    name === undefined ? whole : mention(kind, id, name)
  return text
    .replace(/<@!?(\d{1,20})>/g, (whole, id: string) => mentionOf('person', id, known.get(id), whole))
    .replace(/<#(\d{1,20})>/g, (whole, id: string) => mentionOf('channel', id, names.ofChannel(id, guild), whole))
    .replace(/<@&(\d{1,20})>/g, (whole, id: string) => mentionOf('role', id, names.ofRole(id, guild), whole))
    .replace(/<a?:(\w{2,32}):\d{1,20}>/g, ':$1:')
    .replace(/<(\/[^:<>]{1,100}):\d{1,20}>/g, '$1')
}
