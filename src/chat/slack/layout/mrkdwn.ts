// Mrkdwn escaping: people's words on their way to Slack and back. Slack reads `&`, `<` and `>` in text objects as its own marks: `<!channel>`
// would ping. Elements of rich text are taken literally and need none of this. Pure.

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

/** What was typed: links are addresses again. Mentions stay, with the ids that commands are told by: `<#C1|dreams>`, `<@&S1>`. */
export function typedText(text: string): string {
  const typed = text
    .replace(/<!subteam\^(\w+)[^<>]*>/g, '<@&$1>')
    .replace(/<!([^<>|^]*)[^<>|]*(?:\|([^<>]*))?>/g, (_, name: string, label?: string) => label ?? `@${name}`)
    .replace(/<((?:https?|mailto|tel):[^<>|]*)(?:\|([^<>]*))?>/gi, (_, url: string, label?: string) => {
      return /^http/i.test(url) ? url : (label ?? url)
    })
  return unescaped(typed)
}

const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;' } as const
const signs = { amp: '&', lt: '<', gt: '>' } as const
