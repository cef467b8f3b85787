// A retry of the journal: while it cannot be written, as on a full disk, tries again until it can.

import type { Clock } from '../../clock.ts'

export interface JournalRetry {
  /** Tries after a while, unless that is under way already. */
  begin(): void
  stop(): void
}

/** One small write, so often: whoever has made room waits no longer than this. */
const everyMs = 2000

export function createJournalRetry(clock: Pick<Clock, 'after'>, attempt: () => void): JournalRetry {
  let callOff: (() => void) | undefined
  return {
    begin() {
      callOff ??= clock.after(everyMs, () => {
        callOff = undefined
        attempt()
      })
    },
    stop() {
      callOff?.()
      callOff = undefined
    },
  }
}
