// The `zoetrope animate` command line that draws an animation again, made of the settings inside it. They come from a stranger's file:
// nothing is trusted.

import { z } from 'zod'
import { drawSettingNames, drawSettings } from '../../draw-settings.ts'

const text = z.string()
const number = z.number()

/** What an AnimationRequest holds; anything that is of another type is left out. */
const schema = z
  .object({
    prompt: text,
    negative: text,
    style: text,
    model: z.object({
      checkpoint: text,
      motion: text.optional(),
      vae: text.optional(),
      loras: z.array(z.object({ file: text, strength: number })).catch([]),
    }),
    ...Object.fromEntries(
      drawSettingNames.map((name) => [name, drawSettings[name].kind === 'integer' || drawSettings[name].kind === 'number' ? number : text]),
    ),
    seed: z.union([text.regex(/^\d+$/), number.int()]),
    format: text,
    maxBytes: number,
  })
  .partial()

/** `undefined` where the settings have no prompt. */
export function animateCommandLine(settings: unknown): string | undefined {
  const record = typeof settings === 'object' && settings !== null ? Object.entries(settings) : []
  // Field by field, so that one of a wrong type does not take the others with it.
  const known = record.filter(([name, value]) => schema.safeParse({ [name]: value }).success)
  const { prompt, model, ...options } = schema.parse(Object.fromEntries(known))
  if (prompt === undefined) return undefined
  const words = ['zoetrope', 'animate', quoted(prompt)]
  const add = (flag: string, value: string | number): number => words.push(`--${flag}`, quoted(String(value)))
  if (model) {
    for (const flag of ['checkpoint', 'motion', 'vae'] as const) if (model[flag] !== undefined) add(flag, model[flag])
    for (const { file, strength } of model.loras) add('lora', `${file}:${strength}`)
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === '') continue
    add(
      name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
      value,
    )
  }
  return words.join(' ')
}

/** For a POSIX shell; characters that a terminal obeys are written as escapes, which $'…' turns back. */
function quoted(word: string): string {
  if (/^[\w./:@%+,=-]+$/.test(word) && !word.startsWith('-')) return word
  if (!unsafe.test(word)) return `'${word.replaceAll("'", String.raw`'\''`)}'`
  const escaped = word.replaceAll(/[\\']/g, String.raw`\$&`).replaceAll(new RegExp(unsafe, 'gu'), (character) => {
    const code = character.codePointAt(0)!
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
  return `$'${escaped}'`
}

const unsafe = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u
