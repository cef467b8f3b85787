// Addresses and message handles: where to respond, and what was posted. Kept as JSON with the job, read again here after a restart or after years.

import { z } from 'zod'
import type { Json } from '../../store/json.ts'

const addressSchema = z.object({
  channel: z.string(),
  person: z.string(),
  /** A conversation with the bot alone. */
  direct: z.boolean(),
  /** Brought along by the person, the bot is no member there: it reaches nothing but by the tokens of interactions. */
  guest: z.boolean().default(false),
  /** What may be responded to at once; null for reactions and typed messages. */
  interaction: z
    .object({
      id: z.string(),
      token: z.string(),
      kind: z.enum(['command', 'button', 'dialog']),
      /** When it came in here: from then on Discord's deadlines count. */
      atMs: z.number(),
    })
    .nullable(),
})

export type Address = z.infer<typeof addressSchema>
export type Interaction = NonNullable<Address['interaction']>

export function addressFrom(json: Json): Address {
  return addressSchema.parse(json)
}

const handleSchema = z.object({
  channel: z.string(),
  message: z.string(),
  /** Seen by who asked alone: reached by the token of the interaction, as long as that lives, and in no other way. */
  ephemeral: z.boolean(),
  token: z.string().nullable(),
  /** Until when the token serves. */
  untilMs: z.number(),
})

export type Handle = z.infer<typeof handleSchema>

export function handleFrom(json: Json): Handle {
  return handleSchema.parse(json)
}

/** Discord says 15 minutes; a call takes a moment. */
export const tokenMs = 15 * 60_000 - 10_000
