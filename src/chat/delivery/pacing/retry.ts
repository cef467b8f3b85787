// A retry: calls to a platform that may be down, slow or counting our calls are made again, later each time. What a platform refuses
// for good is a UserError and is not tried again.

import type { Clock } from '../../../clock.ts'
import { UserError } from '../../../errors.ts'

export interface RetryOptions {
  readonly clock: Clock
  /** Ends the waiting between two tries, not a call that is under way. */
  readonly signal: AbortSignal
  readonly giveUpAfterMs: number
  readonly onTrouble: (error: unknown, retryInMs: number) => void
}

const firstWaitMs = 500
const longestWaitMs = 60_000

/** @throws UserError at once; the last error where it is given up; the signal's reason */
export async function retry<T>(call: () => Promise<T>, { clock, signal, giveUpAfterMs, onTrouble }: RetryOptions): Promise<T> {
  const givenUpMs = clock.nowMs() + giveUpAfterMs
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(longestWaitMs, waitMs * 2)) {
    signal.throwIfAborted()
    try {
      return await call()
    } catch (error) {
      if (error instanceof UserError || clock.nowMs() + waitMs > givenUpMs) throw error
      onTrouble(error, waitMs)
      await sleep(waitMs, clock, signal)
    }
  }
}

function sleep(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      callOff()
      signal.removeEventListener('abort', wake)
      resolve()
    }
    const callOff = clock.after(ms, wake)
    signal.addEventListener('abort', wake, { once: true })
  })
}
