// What is said of an animation that another was to be made of, where it is there no longer or cannot be read.

import { UserError } from '../../errors.ts'

/** @param blob as the request names it */
export function earlierGone(blob: string): UserError {
  return new UserError('given-gone', 'The animation that this was to be made of is no longer there.', { blob })
}

export function earlierUnreadable(blob: string, cause: unknown): UserError {
  return new UserError('given-unreadable', 'The animation that this was to be made of can no longer be read.', { blob }, { cause })
}
