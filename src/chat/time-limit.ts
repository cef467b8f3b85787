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

/** How long a call with so many bytes may take: a few seconds of talk, and the time that a slow line at home needs to send them. */
export function uploadTimeoutMs(bytes: number): number {
  return talkMs + Math.ceil(bytes / slowestBytesPerSecond) * 1000
}

const talkMs = 30_000
/** 256 kbit/s. */
const slowestBytesPerSecond = 32_000
