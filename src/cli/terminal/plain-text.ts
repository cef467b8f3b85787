// Plain text for a terminal: safe to show, aligned, the same in a pipe.

export type Print = (line: string) => void

/**
 * Text out of somebody's file, safe to show: a terminal obeys control characters, and marks of direction or of no width make a
 * line look like another.
 */
export const plain = (text: string): string => text.replaceAll(unsafe, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)

/** JSON of the same safety; it reads back as what it was. */
export const plainJson = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? String(item) : item), 2).replaceAll(unsafeInJson, (character) =>
    Array.from({ length: character.length }, (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  )

/** Control, format (directions, zero widths, tags), private and lone surrogates, line and paragraph separators. */
const unsafe = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu
const unsafeInJson = /[^\P{Cc}\n]|[\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Columns as wide as their widest cell, two spaces between; `right` lists those that are pushed to the right. */
export function aligned(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = []
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  return rows.map((row) =>
    row
      .map((cell, i) => (right.includes(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd(),
  )
}

/** 1,234,567 bytes are 1.2 MB, as disks are sold. */
export function inBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const [unit, size] = bytes < 1e6 ? ['kB', bytes / 1e3] : bytes < 1e9 ? ['MB', bytes / 1e6] : ['GB', bytes / 1e9]
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${unit}`
}

export function inMillions(count: number): string {
  if (count < 10_000) return String(count)
  return count < 1e9 ? `${(count / 1e6).toFixed(count < 1e7 ? 2 : 1)} million` : `${(count / 1e9).toFixed(2)} billion`
}
