// The tokenizer of typed text: cut at its spaces, with "quoted words" kept together. Phones and chat programs turn quotes and dashes into
// other characters while people type; those are read as what was meant.

export interface Token {
  readonly text: string
  /** What stood in quotes right after `name:`; belongs to the text. */
  readonly tail?: string
  /** The whole token stood in quotes: it names nothing. */
  readonly quoted: boolean
}

/** Never fails: a quote that is not closed, or stands inside a word, is a character like others. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const space = match(spaces, text, at)
    if (space) {
      at += space.length
      continue
    }
    const quote = match(quotes, text, at)
    if (quote) {
      tokens.push({ text: unquote(quote), quoted: true })
      at += quote.length
      continue
    }
    const naming = match(names, text, at)
    if (naming) {
      const value = match(quotes, text, at + naming.length)
      if (value) {
        tokens.push({ text: named(naming), tail: unquote(value), quoted: false })
        at += naming.length + value.length
        continue
      }
    }
    const word = match(words, text, at)!
    tokens.push({ text: named(word), quoted: false })
    at += word.length
  }
  return tokens
}

const spaces = /\s+/y
/** Closed before a space or the end; a backslash keeps a quote from closing. */
const quotes = /(?:"(?:[^"\\]|\\.)*"|“[^“”]*”|„[^“”„]*[“”]|「[^「」]*」)(?=\s|$)/suy
const names = /(?:--|—|–)?[a-z][a-z_-]*[:：=]/iy
const words = /\S+/y

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

function unquote(quoted: string): string {
  return quoted.slice(1, -1).replace(/\\(["\\])/g, '$1')
}

/** A long dash before a name was two short ones; a wide colon after it is a colon. */
function named(word: string): string {
  return word.replace(/^[—–](?=[a-z])/i, '--').replace(/^((?:--)?[a-z][a-z_-]*)：/i, '$1:')
}
