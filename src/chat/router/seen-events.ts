// A seen set of events that outlives the process: what a platform delivers again after a restart is known, too.

import type Keyv from 'keyv'
import { createSeenSet } from './seen-set.ts'

export interface SeenEvents {
  /** Whether this event was seen before, also by an earlier process. It counts as seen from now on. */
  again(event: string, nowMs: number): Promise<boolean>
}

const keptMs = 3_600_000
const maxInMemory = 20_000

export function createSeenEvents(platform: string, space: Keyv<true>): SeenEvents {
  const recent = createSeenSet(keptMs, maxInMemory)
  return {
    async again(event, nowMs) {
      // before anything is waited for: the same event may come twice at once
      if (recent.again(event, nowMs)) return true
      const key = `${platform}/${event}`
      if (await space.has(key)) return true
      await space.set(key, true, keptMs)
      return false
    },
  }
}
