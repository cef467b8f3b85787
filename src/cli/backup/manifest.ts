// The manifest of a backup, its last entry: a backup without one was cut off.

import { z } from 'zod'

export const manifestName = 'zoetrope-backup.json'

export const manifestSchema = z.object({
  /** Of the program that wrote it. */
  version: z.string(),
  madeAt: z.iso.datetime(),
  files: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string() })),
})

export type Manifest = z.infer<typeof manifestSchema>
