// Nonces of a job's messages: a platform that has shown one does not show it twice, whoever sends it again.

import type { Job } from '../../jobs/job.ts'

/** Of what is posted first, be it the end already: a process that knows of neither finds the one that stands there. At most 25 characters, as Discord has it. */
export const firstNonce = ({ id }: Job): string => `w${id}`.slice(0, 25)

/** Of the end, where what was posted first is gone or cannot show it. */
export const endNonce = ({ id }: Job): string => id
