// What a drawing says of its animation, in `Job.result.details`.

import { z } from 'zod'
import type { Note } from '../../errors.ts'
import type { Job } from '../../jobs/job.ts'

export interface ResultDetails {
  readonly format: 'webp' | 'gif' | 'mp4'
  readonly width: number
  readonly height: number
  readonly frames: number
  readonly fps: number
  readonly bytes: number
  /** For the person. */
  readonly notes: readonly Note[]
}

const noteSchema = z.object({ code: z.string(), message: z.string(), data: z.record(z.string(), z.unknown()) })

const detailsSchema = z.object({
  format: z.enum(['webp', 'gif', 'mp4']),
  width: z.number(),
  height: z.number(),
  frames: z.number(),
  fps: z.number(),
  bytes: z.number(),
  // Journals of before notes had codes hold sentences.
  notes: z.array(z.union([noteSchema, z.string().transform((message) => ({ code: 'sentence', message, data: {} }))])),
})

export function detailsOf({ result }: Job): ResultDetails | undefined {
  return result?.details === undefined ? undefined : detailsSchema.parse(result.details)
}
