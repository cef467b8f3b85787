// A placement: on which host a job is.

import { z } from 'zod'
import { count, hostId, name } from './fields.ts'

/** What outlives the bot: where a job is being rendered, or was last, and how many attempts were begun and lost. */
export const placementSchema = z.object({ id: name, attempt: count, host: hostId.exactOptional(), lost: count })

export type Placement = Omit<z.infer<typeof placementSchema>, 'id'>
