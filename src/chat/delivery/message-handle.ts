// A message handle: where the message of a job is. Kept with the job in the journal.

import { z } from 'zod'
import type { Json } from '../../store/json.ts'
import type { Posted } from '../contract/platform.ts'

export interface MessageHandle {
  readonly posted: Posted
  /** What only who asked sees beside it. */
  readonly cancel?: Posted | undefined
}

const postedSchema = z.object({
  handle: z.json() satisfies z.ZodType<Json>,
  messages: z.array(z.string()),
  editableUntilMs: z.number().optional(),
})
const handleSchema = z.object({ posted: postedSchema, cancel: postedSchema.optional() })

export function messageHandleFrom(note: Json | undefined): MessageHandle | undefined {
  return note === undefined ? undefined : handleSchema.parse(note)
}
