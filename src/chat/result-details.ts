// What a drawing says of its animation, in `Job.result.details`.

import { z } from 'zod'
import type { Job } from '../jobs/job.ts'

export interface ResultDetails {
  readonly format: 'webp' | 'gif' | 'mp4'
  readonly width: number
  readonly height: number
  readonly frames: number
  readonly fps: number
  readonly bytes: number
  /** Sentences for the person. */
  readonly notes: readonly string[]
}

const detailsSchema = z.object({
  format: z.enum(['webp', 'gif', 'mp4']),
  width: z.number(),
  height: z.number(),
  frames: z.number(),
  fps: z.number(),
  bytes: z.number(),
  notes: z.array(z.string()),
})

export function detailsOf({ result }: Job): ResultDetails | undefined {
  return result?.details === undefined ? undefined : detailsSchema.parse(result.details)
}
