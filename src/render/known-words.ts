// Known words (a vocabulary check): a small model knows a small world, which its folder lists in words.json. A prompt with none of its
// words is rendered all the same, with one note that says what it knows.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Note } from '../errors.ts'
import type { ModelFiles } from '../jobs/request.ts'

const schema = z.object({
  subjects: z.record(z.string(), z.string()),
  colours: z.array(z.string()),
  places: z.record(z.string(), z.string()),
})

export type KnownWords = z.infer<typeof schema>

/** undefined where the model knows the prompt's words, or is no small one. */
export function noteOnUnknownWords({ checkpoint }: ModelFiles, prompt: string): Note | undefined {
  const path = join(checkpoint, 'words.json')
  if (!existsSync(path)) return undefined
  const known = schema.safeParse(JSON.parse(readFileSync(path, 'utf8')))
  return known.success ? remark(known.data, prompt) : undefined
}

export function remark({ subjects, colours, places }: KnownWords, prompt: string): Note | undefined {
  const asked = new Set(prompt.toLowerCase().match(/\p{L}+/gu))
  if (Object.keys(subjects).some((word) => asked.has(word) || asked.has(`${word}s`))) return undefined
  const data = { subjects: Object.keys(subjects), colours, places: Object.values(places) }
  const message =
    `The small model that ships knows ${listed(data.subjects)}, in ${listed(data.colours)}, ${listed(data.places)}; ` +
    'the rest it draws as a blob. For anything else install a full-size model: zoetrope models pull sd15 motion-v3.'
  return { code: 'small-world', message, data }
}

const listed = (words: readonly string[]): string => `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
