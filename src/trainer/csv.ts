// Comma-separated values, as RFC 4180 has them: quotes around what holds commas, line ends or quotes, which are doubled.

/** @returns a record a line, by the names of the first */
export function parseCsv(text: string): Record<string, string>[] {
  const [names, ...rows] = rowsOf(text.replace(/^\uFEFF/, ''))
  return rows.map((row) => Object.fromEntries(names!.map((name, i) => [name.trim(), row[i] ?? ''])))
}

function rowsOf(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end === ',') continue
    if (row.length > 1 || row[0] !== '') rows.push(row)
    row = []
  }
  return rows
}
