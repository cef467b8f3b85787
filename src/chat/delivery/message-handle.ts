// What is kept beside a job once it has a message: where that message is.

import { z } from 'zod'
import type { Json } from '../../store/json.ts'
import type { Posted } from '../contract/platform.ts'

export interface MessageHandle {
  readonly posted: Posted
}

const noteSchema = z.object({ posted: z.object({ handle: z.json() satisfies z.ZodType<Json>, messages: z.array(z.string()) }) })

export function messageHandleFrom(kept: Json | undefined): MessageHandle | undefined {
  return kept === undefined ? undefined : noteSchema.parse(kept)
}
