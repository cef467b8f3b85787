// A time limit: waiting for something, but not for long.

import { setTimeout as sleep } from 'node:timers/promises'

/** What the work gives, or `otherwise` when it takes longer. The work goes on; what becomes of it then, nobody hears. */
export async function withTimeout<T>(ms: number, work: Promise<T>, otherwise: () => T): Promise<T> {
  const waiting = new AbortController()
  const late = sleep(ms, undefined, { signal: waiting.signal }).then(otherwise)
  // called off below, or thrown by `otherwise` after all
  late.catch(() => undefined)
  return Promise.race([work, late]).finally(() => waiting.abort())
}
