// Result details: what is known of a finished animation besides its bytes, from the renderer that made it to the message that shows it.

import { z } from 'zod'
import type { Closing } from '../clip.ts'
import type { Note } from '../errors.ts'

export interface ResultDetails {
  readonly format: 'webp' | 'gif' | 'mp4'
  readonly width: number
  readonly height: number
  readonly frames: number
  readonly fps: number
  readonly bytes: number
  /** How it loops; absent for stills, and in journals of before it was measured. */
  readonly closing?: Closing
  /** For the person; JSON throughout. */
  readonly notes: readonly Note[]
}

export const closingSchema = z.object({ loop: z.enum(['none', 'closed', 'ping-pong', 'cross-fade']), seam: z.number() })

const noteSchema = z.object({ code: z.string(), message: z.string(), data: z.record(z.string(), z.unknown()) })

const detailsSchema = z.object({
  format: z.enum(['webp', 'gif', 'mp4']),
  width: z.number(),
  height: z.number(),
  frames: z.number(),
  fps: z.number(),
  bytes: z.number(),
  closing: closingSchema.exactOptional(),
  // Journals of before notes had codes hold sentences.
  notes: z.array(z.union([noteSchema, z.string().transform((message) => ({ code: 'sentence', message, data: {} }))])),
})

/** @param written what a journal holds, of this version or an earlier one. Throws where it is neither */
export function parseResultDetails(written: unknown): ResultDetails {
  return detailsSchema.parse(written)
}
