// The command line of `animate` that draws an animation again, made of the settings inside it, or why none does. They come from a
// stranger's file: nothing is trusted.

import { z } from 'zod'
import { drawSettingNames, drawSettings } from '../../draw-settings.ts'
import { shellQuote } from '../command-line/shell-quote.ts'

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
      control: text.optional(),
      loras: z.array(z.object({ file: text, strength: number, textStrength: number.optional() })).catch([]),
      embeddings: z.array(z.object({ file: text, word: text })).catch([]),
    }),
    control: z.object({
      pictures: z.array(z.object({ frame: number.int(), file: text })).catch([]),
      strength: number.optional(),
    }),
    ...Object.fromEntries(
      drawSettingNames.map((name) => [name, drawSettings[name].kind === 'integer' || drawSettings[name].kind === 'number' ? number : text]),
    ),
    seed: z.union([text.regex(/^\d+$/), number.int()]),
    count: number,
    format: text,
    maxBytes: number,
  })
  .partial()

/**
 * Why no command draws it again.
 * @returns undefined where nothing is known against it
 */
export function whyNotAgain(settings: unknown): string | undefined {
  if (typeof settings !== 'object' || settings === null) return undefined
  const { earlier, model } = settings as { readonly earlier?: unknown; readonly model?: unknown }
  if (earlier !== undefined) {
    const continues = z.object({ as: z.literal('beginning') }).safeParse(earlier).success
    return `It ${continues ? 'goes on with' : 'is a variation of'} another animation, which is not in this file.`
  }
  const loras = schema.shape.model.safeParse(model).data?.loras ?? []
  const apart = loras.some(({ strength, textStrength = strength }) => textStrength !== strength)
  return apart ? 'A LoRA was at another strength in its text encoder, for which animate has no flag.' : undefined
}

/** @param prefix what stands before `animate` where this program was called. @returns undefined where the settings have no prompt, or do not tell all */
export function animateCommandLine(settings: unknown, prefix: string): string | undefined {
  const record = typeof settings === 'object' && settings !== null ? Object.entries(settings) : []
  // Field by field, so that one of a wrong type does not take the others with it.
  const known = record.filter(([name, value]) => schema.safeParse({ [name]: value }).success)
  const { prompt, model, control, ...options } = schema.parse(Object.fromEntries(known))
  if (prompt === undefined || whyNotAgain(settings) !== undefined) return undefined
  const words = [prefix, 'animate']
  const add = (flag: string, value: string | number): number => words.push(`--${flag}`, shellQuote(String(value)))
  // A prompt that begins like a flag, or that stands for standard input, comes last behind the end of flags.
  const last = prompt.startsWith('-')
  if (!last) words.push(shellQuote(prompt))
  if (model) {
    for (const flag of ['checkpoint', 'motion', 'vae', 'control'] as const) if (model[flag] !== undefined) add(flag, model[flag])
    for (const { file, strength } of model.loras) add('lora', `${file}:${strength}`)
    for (const { file, word } of model.embeddings) add('embedding', `${file}:${word}`)
  }
  for (const { frame, file } of control?.pictures ?? []) add('control-image', `${frame}:${file}`)
  if (control?.strength !== undefined) add('control-strength', control.strength)
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === '') continue
    add(flagName(name), value)
  }
  if (last) words.push('--', shellQuote(prompt))
  return words.join(' ')
}

/** `windowLength` is --window-length. */
export const flagName = (setting: string): string => setting.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
