// Command text: a command as somebody would type it, which is what a button or a reaction sends. The inverse of input/parse.ts.

/** Custom ids and action values of buttons may be so long on every platform. */
export const maxCommandChars = 100

/** @param command name, or name and action: 'settings block' */
export function commandText(command: string, options: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const words = [command]
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    const text = value === true ? 'yes' : value === false ? 'no' : String(value)
    words.push(`${name}:${/^[^\s"“„「\\]+$/.test(text) ? text : `"${text.replace(/[\\"]/g, '\\$&')}"`}`)
  }
  return words.join(' ')
}
