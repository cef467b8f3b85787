// Socket envelopes: what comes through a socket of Slack, before Bolt's client reads it. That client emits whatever type an envelope names, and
// reads `payload.event.type` unseen: a message of another shape would end the process. Pure.

import { z } from 'zod'

/** The same envelope; one that only acknowledges where it is none that we know; undefined where there is nothing to acknowledge. */
export function readable(data: unknown): string | undefined {
  const envelope = typeof data === 'string' ? envelopeSchema.safeParse(parsed(data)).data : undefined
  if (!envelope) return undefined
  const { type, envelope_id: id, payload } = envelope
  if (type === 'hello' || type === 'disconnect') return data as string
  if (id === undefined) return undefined
  const known = type === 'interactive' || type === 'slash_commands' || (type === 'events_api' && eventSchema.safeParse(payload).success)
  return known ? (data as string) : JSON.stringify({ type: 'interactive', envelope_id: id, payload: {} })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const envelopeSchema = z.object({ type: z.string(), envelope_id: z.string().optional(), payload: z.unknown().optional() })
/** Names that the client's own life uses are no events: `close`, `error`, `disconnected`. */
const eventSchema = z.object({
  event: z.object({
    type: z
      .string()
      .regex(/^[a-z]+(_[a-z]+)+$|^message$/)
      .refine((type) => type !== 'ws_message' && type !== 'slack_event' && type !== 'outgoing_message'),
  }),
})
