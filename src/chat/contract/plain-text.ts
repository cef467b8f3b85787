// Plain text: people's words made harmless to read and to show, without changing what they say.

/** Control characters and halves of surrogate pairs are no words in any language; nor are characters that turn the direction of what follows. */
export function plainText(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\u{fffd}\u{202a}-\u{202e}\u{2066}-\u{2069}]+/gu, ' ')
    .trim()
}

/** At most so many characters, the last an ellipsis where something is left out. Never cuts a character in two. */
export function shortened(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text
  let cut = ''
  for (const { segment } of segmenter.segment(text.slice(0, maxChars * 2))) {
    if (cut.length + segment.length > maxChars - 1) break
    cut += segment
  }
  return `${cut.trimEnd()}…`
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })
