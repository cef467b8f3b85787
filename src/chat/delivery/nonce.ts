// Nonces of responses and of a job's messages: a platform that has shown one does not show it twice, whoever sends it again.

import { createHash } from 'node:crypto'
import type { Job } from '../../jobs/job.ts'
import type { Incoming } from '../contract/incoming.ts'

/** Of what is posted first, be it the end already: a process that knows of neither finds the one that stands there. At most 25 characters, as Discord has it. */
export const firstNonce = ({ id }: Job): string => `w${id}`.slice(0, 25)

/** Of the end, where what was posted first is gone or cannot show it. */
export const endNonce = ({ id }: Job): string => id

/** Of the nth thing that is said to an event. */
export const responseNonce = ({ id }: Pick<Incoming, 'id'>, n: number): string =>
  `r${createHash('sha256').update(`${n} ${id}`).digest('hex').slice(0, 24)}`
