// End reasons: why jobs end otherwise than done, in the words that go with the job. The chat says them in people's languages by code.

import { UserError } from '../errors.ts'
import type { Json } from '../store/json.ts'
import type { Job, Outcome, Reason } from './job.ts'

/** Every end but done. */
export type EndedWithoutResult = Extract<Outcome, { readonly reason: Reason }>

export const cancelled: EndedWithoutResult = { state: 'cancelled', reason: { code: 'cancelled', message: 'Cancelled.' } }

export function expired(maxWaitMs: number): EndedWithoutResult {
  const hours = Math.round(maxWaitMs / 3_600_000)
  const message = `This waited longer than ${hours} hours and was given up: ask again.`
  return { state: 'expired', reason: { code: 'waited-too-long', message, data: { hours } } }
}

/** The process died in the middle of it as often as it may. */
export function gaveUp({ attempts }: Job): EndedWithoutResult {
  const message = `Whoever drew this stopped in the middle ${attempts} times, so it was given up.`
  return { state: 'failed', reason: { code: 'gave-up', message, data: { attempts } } }
}

/** A person's fault with its sentence; of a bug, people are told nothing but where to find it. */
export function failed(error: unknown, { id }: Job): EndedWithoutResult {
  const bug = { code: 'broken', message: `Something broke, id ${id}.`, data: { id } }
  return { state: 'failed', reason: error instanceof UserError ? reasonOf(error) : bug }
}

/** Not a job's: none was taken on. */
export function unwritten(cause?: unknown): UserError {
  return new UserError(
    'journal-failed',
    'Nothing can be written down just now, so no request is taken on or changed: try again in a minute.',
    {},
    { cause },
  )
}

export function reasonOf({ code, message, data }: UserError): Reason {
  return { code, message, data: JSON.parse(JSON.stringify(data)) as Json }
}
