// Mrkdwn escaping: people's words on their way to Slack and back. Slack reads `&`, `<` and `>` in text objects as its own marks: `<!channel>`
// would ping. Elements of rich text are taken literally and need none of this. Pure.

import { mention } from '../../contract/mention.ts'
import { shortened } from '../../contract/plain-text.ts'

export function escaped(text: string): string {
  return text.replace(/[&<>]/g, (sign) => entities[sign as keyof typeof entities])
}

/** At most so many characters after escaping, and at least one: Slack refuses empty texts. */
export function plain(text: string, maxChars: number): { readonly type: 'plain_text'; readonly text: string } {
  let chars = maxChars
  let fitting = escaped(shortened(text, chars))
  while (fitting.length > maxChars) {
    chars -= Math.ceil((fitting.length - maxChars) / 5)
    fitting = escaped(shortened(text, chars))
  }
  return { type: 'plain_text', text: fitting.trim() === '' ? '…' : fitting }
}

/** Text that comes back the same whether or not Slack escapes it on the way. */
export function toMetadata(text: string): string {
  return text.replace(/[%&<>]/g, encodeURIComponent)
}

export function fromMetadata(text: string): string {
  return text.replace(/%(25|26|3C|3E)/g, decodeURIComponent)
}

export function unescaped(text: string): string {
  return text.replace(/&(amp|lt|gt);/g, (_, name: keyof typeof signs) => signs[name])
}

/** Names by id, of people and channels that are mentioned. */
export type MentionedNames = ReadonlyMap<string, string>

/** Ids of people and channels that the text mentions without a name. */
export function unnamedIn(text: string): { readonly people: readonly string[]; readonly channels: readonly string[] } {
  const ids = (sign: string) => [...new Set([...text.matchAll(new RegExp(`<${sign}(\\w+)(?:\\|)?>`, 'g'))].map((match) => match[1]!))]
  return { people: ids('@'), channels: ids('#') }
}

/**
 * What was typed. Slack makes links of what looks like an address, `<http://hello.com|hello.com>`: where the label is the address without its
 * beginning, it is what was typed. Mentions become those of mention.ts.
 */
export function typedText(text: string, names: MentionedNames = new Map()): string {
  const typed = text
    .replace(/<!subteam\^(\w+)(?:\|([^<>]*))?>/g, (_, id: string, label?: string) => mention('role', id, label))
    .replace(/<!([^<>|^]*)[^<>|]*(?:\|([^<>]*))?>/g, (_, name: string, label?: string) => label ?? `@${name}`)
    .replace(/<@(\w+)(?:\|([^<>]*))?>/g, (_, id: string, label?: string) => mention('person', id, names.get(id) || label))
    .replace(/<#(\w+)(?:\|([^<>]*))?>/g, (_, id: string, label?: string) => mention('channel', id, label || names.get(id)))
    .replace(/<((?:https?|mailto|tel):[^<>|]*)(?:\|([^<>]*))?>/gi, (_, url: string, label?: string) => {
      return label !== undefined && isAddressOf(label, url) ? label : url
    })
  return unescaped(typed)
}

function isAddressOf(label: string, url: string): boolean {
  const bare = (address: string) => address.replace(/^(?:https?:\/\/|mailto:|tel:)|\/$/gi, '').toLowerCase()
  return bare(label) === bare(url)
}

const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;' } as const
const signs = { amp: '&', lt: '<', gt: '>' } as const
