// An outcome: what became of an order.

import { z } from 'zod'
import { formats } from '../../../../animation-format.ts'
import { closingSchema } from '../../../../jobs/result-details.ts'
import { deathCauses } from '../../../failures/process-died.ts'
import type { Failure } from '../../../local/protocol.ts'
import { count, name, runId, sha256, snapshotSchema } from './fields.ts'

const note = z.object({ code: z.string(), message: z.string().max(4000), data: z.record(z.string(), z.unknown()) })

const failure: z.ZodType<Failure> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('refused'),
    code: z.string().max(100),
    message: z.string().max(4000),
    data: z.record(z.string(), z.unknown()),
  }),
  z.object({ kind: z.literal('bug'), message: z.string().max(4000), stack: z.string().max(20_000) }),
])

const animation = z.object({
  bytes: count,
  format: z.enum(formats),
  width: count,
  height: count,
  frames: count,
  fps: z.number(),
})

/** What became of an order: the return value of the BullMQ job. */
export const outcomeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('done'),
    run: runId,
    /** `bytes` in all: those of each of its cells stand behind its own. */
    animation: animation.extend({ sha256 }),
    cells: z
      .array(animation.extend({ closing: closingSchema.exactOptional(), note: note.exactOptional() }))
      .max(4)
      .exactOptional(),
    notes: z.array(note).max(100),
    closing: closingSchema.exactOptional(),
    stepMs: z.array(z.number()).max(2000),
    renderMs: z.number(),
    device: name,
  }),
  z.object({ kind: z.literal('warm'), run: runId }),
  z.object({ kind: z.literal('failed'), run: runId, failure }),
  /** The process that held the device, or trained, ended. */
  z.object({ kind: z.literal('died'), run: runId, cause: z.enum(deathCauses), how: z.string().max(300) }),
  /** Every step of a training is done. */
  z.object({ kind: z.literal('learned'), run: runId, snapshot: snapshotSchema }),
  /** The host stops, or was told to stop this. `snapshot`: a training goes on from there. */
  z.object({ kind: z.literal('stopped'), run: runId, snapshot: snapshotSchema.exactOptional() }),
  /** The host has no such file and could fetch none. */
  z.object({ kind: z.literal('missing'), run: runId, sha256: z.array(sha256).max(200), why: z.string().max(500) }),
])

export type RunOutcome = z.infer<typeof outcomeSchema>
