// A reply target: where the message of a job goes, who asked, in which language. Kept with the job as its address, so that a bot that
// starts again can reply. May hold short-lived tokens: never logged.

import { z } from 'zod'
import type { Job } from '../../jobs/job.ts'
import type { Json } from '../../store/json.ts'
import type { Audience } from '../contract/outgoing.ts'

export interface ReplyTarget {
  /** The platform's own. */
  readonly at: Json
  /** Who asked, as others know them. */
  readonly name: string
  /** Of those who read it: the place's for everybody, the person's own for a private one. */
  readonly locale: string
  readonly private: boolean
  /** They are alone with the bot. */
  readonly direct?: boolean | undefined
  /** Of who asked, where `locale` is the place's. */
  readonly ownLocale?: string | undefined
  /** Largest file that may be posted there. */
  readonly maxBytes: number
  /** Words that were taken out of the prompt, and put among what should not be in the picture. */
  readonly stripped: readonly string[]
  readonly forced: readonly string[]
  /** The job that this one re-rolls or changes. */
  readonly parent?: string | undefined
  /** Who asked wants to be mentioned when it has ended. */
  readonly mention?: boolean | undefined
}

const replyTargetSchema = z.object({
  at: z.json() satisfies z.ZodType<Json>,
  name: z.string(),
  locale: z.string(),
  private: z.boolean(),
  direct: z.boolean().optional(),
  ownLocale: z.string().optional(),
  maxBytes: z.number(),
  stripped: z.array(z.string()),
  forced: z.array(z.string()),
  parent: z.string().optional(),
  mention: z.boolean().optional(),
})

export function replyTargetOf({ address }: Job): ReplyTarget {
  return replyTargetSchema.parse(address)
}

export function audienceOf(to: ReplyTarget): Audience {
  return to.private ? 'asker' : 'everyone'
}
