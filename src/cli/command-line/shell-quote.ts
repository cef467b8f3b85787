// Shell quoting: a word as a POSIX shell reads it back; characters that a terminal obeys are written as escapes, which $'…' turns back.

export function shellQuote(word: string): string {
  if (/^[\w./:@%+,=-]+$/.test(word) && !word.startsWith('-')) return word
  if (!unsafe.test(word)) return `'${word.replaceAll("'", String.raw`'\''`)}'`
  const escaped = word.replaceAll(/[\\']/g, String.raw`\$&`).replaceAll(new RegExp(unsafe, 'gu'), (character) => {
    const code = character.codePointAt(0)!
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
  return `$'${escaped}'`
}

const unsafe = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u
