// Result details: what is known of a finished animation besides its bytes, from the renderer that made it to the message that shows it.

import { z } from 'zod'
import { type Format, formats } from '../animation-format.ts'
import type { Closing } from '../clip.ts'
import type { Note } from '../errors.ts'

export interface ResultDetails {
  readonly format: Format
  readonly width: number
  readonly height: number
  readonly frames: number
  readonly fps: number
  readonly bytes: number
  /** How it loops; absent for stills, and in journals of before it was measured. */
  readonly closing?: Closing
  /** For the person; JSON throughout. */
  readonly notes: readonly Note[]
  /** Of a grid: each of those that stand in it, which is kept beside it (`cellBlobOf`). Absent in journals of before they were. */
  readonly cells?: readonly Omit<ResultDetails, 'cells'>[]
}

/** Under which name one of a grid is kept. @param blob of the grid @param n from 0 */
export const cellBlobOf = (blob: string, n: number): string => blob.replace(/\.(\w+)$/, `-${n + 1}.$1`)

/** The grid in which this stands, or itself. Ids of jobs have no hyphens. */
export const gridBlobOf = (blob: string): string => blob.replace(/-\d+\.(\w+)$/, '.$1')

/** Everything that a result keeps among the blobs. */
export function blobsOf({ blob, details }: { readonly blob: string; readonly details?: ResultDetails }): string[] {
  return [blob, ...(details?.cells ?? []).map((_, n) => cellBlobOf(blob, n))]
}

export const closingSchema = z.object({ loop: z.enum(['none', 'closed', 'ping-pong', 'cross-fade']), seam: z.number() })

const noteSchema = z.object({ code: z.string(), message: z.string(), data: z.record(z.string(), z.unknown()) })

const oneSchema = z.object({
  format: z.enum(formats),
  width: z.number(),
  height: z.number(),
  frames: z.number(),
  fps: z.number(),
  bytes: z.number(),
  closing: closingSchema.exactOptional(),
  // Journals of before notes had codes hold sentences.
  notes: z.array(z.union([noteSchema, z.string().transform((message) => ({ code: 'sentence', message, data: {} }))])),
})

const detailsSchema = oneSchema.extend({ cells: z.array(oneSchema).exactOptional() })

/** @param written what a journal holds, of this version or an earlier one. Throws where it is neither */
export function parseResultDetails(written: unknown): ResultDetails {
  return detailsSchema.parse(written)
}
