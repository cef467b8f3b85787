// A command of the bot to a host, beside the queue.

import { z } from 'zod'
import { hostId, runId } from './fields.ts'

export const commandSchema = z.discriminatedUnion('do', [
  z.object({ do: z.literal('cancel'), host: hostId, run: runId }),
  z.object({ do: z.literal('drain'), host: hostId }),
  z.object({ do: z.literal('resume'), host: hostId }),
])

export type HostCommand = z.infer<typeof commandSchema>
