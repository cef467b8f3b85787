// Mentions in what was typed: `<@U1|ann>` a person, `<#C1|art>` a channel, `<@&S1|artists>` a role. Options that are about one of these are told
// its id, and words its name: a person is drawn by name, not by number. Pure.

export type MentionKind = 'person' | 'channel' | 'role'

/** @param name as others know it: people choose their names, and one may look like an option */
export function mention(kind: MentionKind, id: string, name: string | undefined): string {
  const safe = (name ?? '')
    .replace(/[^\p{L}\p{M}\p{N}\p{Emoji_Presentation} ._-]+/gu, ' ')
    .replace(/-{2,}/g, '-')
    .replace(/\s+/g, ' ')
    .trim()
  return `<${signs[kind]}${id}${safe === '' ? '' : `|${safe}`}>`
}

/** The id in a mention; otherwise what was typed, without the sign that stands before names. */
export function idOfMention(text: string): string {
  return /^<(?:#|@[&!]?)([\w-]+)(?:\|[^<>]*)?>$/.exec(text)?.[1] ?? text.replace(/^[#@]/, '')
}

/** Words with names in place of mentions. One without a name stays as it is. */
export function withNames(text: string): string {
  return text.replace(/<(#|@[&!]?)[\w-]+\|([^<>]+)>/g, (_, sign: string, name: string) => (sign === '#' ? `#${name}` : name))
}

const signs: Readonly<Record<MentionKind, string>> = { person: '@', channel: '#', role: '@&' }
