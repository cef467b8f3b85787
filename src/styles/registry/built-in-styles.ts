// Built-in styles: those that ship, declared in models/styles/built-in.json, each with an example and a picture of it beside.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { drawSettingSchema } from '../../draw-settings.ts'
import type { StyleEntry } from './style-entry.ts'

const declared = z.array(
  z.object({
    name: z.string(),
    aliases: z.array(z.string()),
    about: z.string(),
    example: z.string(),
    base: z.string(),
    /** What it draws better with than what the base recommends. */
    defaults: z.strictObject({ guidance: drawSettingSchema('guidance').exactOptional() }).default({}),
    files: z.array(
      z.object({
        /** Within models/. */
        file: z.string(),
        sha256: z.string().length(64),
        bytes: z.int(),
        kind: z.enum(['lora', 'motion-lora', 'domain-adapter']),
        about: z.string(),
        license: z.string(),
        strength: z.number().default(1),
        merged: z.boolean().exactOptional(),
      }),
    ),
  }),
)

/** @param models the folder models/ that ships */
export function builtInStyles(models: string): StyleEntry[] {
  return declared.parse(JSON.parse(readFileSync(join(models, 'styles/built-in.json'), 'utf8'))).map(({ files, ...style }) => ({
    id: `built-in/${style.name}`,
    ...style,
    files: files.map((file) => ({ ...file, source: 'built in' })),
    triggers: [],
    before: '',
    after: '',
    negative: '',
    state: 'published',
  }))
}

export const isBuiltIn = ({ id }: Pick<StyleEntry, 'id'>): boolean => id.startsWith('built-in/')
