// Markdown escaping: plain text that Discord shows as it was written: no markup, no mentions, no links that people could dress up as ours.

import { shortened } from '../../contract/plain-text.ts'

/** A channel's mention stays one: it names the channel to those who see it, and pings nobody. */
export function escaped(text: string): string {
  return text
    .replace(/<#\d{15,20}>|[\\*_~`|<>[\]()@]/g, (found) => (found.length > 1 ? found : `\\${found}`))
    .replace(/^(\s*)([#+-]|\d+(?=\.))/gm, (_whole, space: string, sign: string) =>
      /\d/.test(sign) ? `${space}${sign}\\` : `${space}\\${sign}`,
    )
    .replace(/:\/\//g, ':\\//')
}

/** As much of the text as fits when it is escaped, with an ellipsis where something is left out. */
export function escapedWithin(text: string, maxChars: number): string {
  const whole = escaped(text)
  if (whole.length <= maxChars) return whole
  let fits = 0
  for (let low = 1, high = Math.min(text.length, maxChars); low <= high; ) {
    const middle = (low + high) >> 1
    if (escaped(shortened(text, middle)).length <= maxChars) {
      fits = middle
      low = middle + 1
    } else high = middle - 1
  }
  return fits === 0 ? '…' : escaped(shortened(text, fits))
}
