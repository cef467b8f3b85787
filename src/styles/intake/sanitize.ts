// Sanitizing text out of strangers' files: made fit to show and to stand in a prompt.

/** Without control characters, marks of direction and of no width; single spaces; at most so many characters. */
export function sanitizeText(text: string, maxChars: number): string {
  const plain = text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u{fffd}\s]+/gu, ' ')
    .trim()
  return [...plain].slice(0, maxChars).join('').trimEnd()
}

/** A stranger's word as a word: its brackets are brackets and no strength, and BREAK and AND in it begin nothing. */
export function promptWord(text: string): string {
  return sanitizeText(text, maxWordChars)
    .replaceAll('\\', ' ')
    .replaceAll(/[()[\]]/g, String.raw`\$&`)
    .replaceAll(/[:,|]/g, ' ')
    .replaceAll(/\b(?:BREAK|AND)\b/g, (word) => word.toLowerCase())
    .replaceAll(/ +/g, ' ')
    .trim()
}

export const maxWordChars = 60
