// Recommended settings: what the maker of a model's folder would draw it with, in its defaults.json.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { isFolder, readJson } from '../../checkpoint/weight-folder.ts'
import { samplerNames } from '../../draw-settings.ts'
import { UserError } from '../../errors.ts'

const schema = z
  .object({
    fps: z.number(),
    steps: z.number().int(),
    guidance: z.number(),
    guidanceEnd: z.number(),
    negative: z.string(),
    clipSkip: z.number().int(),
    sampler: z.enum(samplerNames),
  })
  .partial()

export type RecommendedSettings = z.infer<typeof schema>

/** @throws UserError `defaults-file`, `json-broken` */
export function recommendedSettings(checkpoint: string): RecommendedSettings {
  const path = join(checkpoint, 'defaults.json')
  if (!isFolder(checkpoint) || !existsSync(path)) return {}
  const { data, error } = schema.safeParse(readJson(path))
  if (data) return data
  const sentence = `${path} should hold fps, steps, guidance, guidanceEnd, negative, clipSkip or sampler: ${z.prettifyError(error)}`
  throw new UserError('defaults-file', sentence, { path })
}
