// Progress of a run, from its host to the bot.

import { z } from 'zod'
import { count, hostId, runId, snapshotSchema } from './fields.ts'

export const progressSchema = z.object({
  run: runId,
  host: hostId,
  /** Rises within a run. */
  seq: count,
  stage: z.enum(['loading', 'denoising', 'decoding', 'encoding', 'training']),
  step: count,
  of: count,
  /** Of a training: something is drawn there. */
  pausing: z.literal(true).exactOptional(),
  /** Of a training: what it has come to. */
  snapshot: snapshotSchema.exactOptional(),
  loading: z.object({ share: z.number().min(0).max(1), leftMs: z.number().nonnegative() }).exactOptional(),
  /** In base64. */
  preview: z.string().max(400_000).exactOptional(),
})

export type WireProgress = z.infer<typeof progressSchema>
