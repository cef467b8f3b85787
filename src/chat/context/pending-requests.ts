// Pending requests (an LRU cache): what somebody asked for and was asked about first, until they say yes. In memory: a question that
// outlives a restart is asked again.

import { createLruCache } from '../../lru-cache.ts'
import type { PendingRequests } from '../contract/command-context.ts'
import type { AnimationReply } from '../contract/reply.ts'

const most = 1000

/** @param newId of a few characters: it stands in a button */
export function createPendingRequests(newId: () => string): { of(person: string): PendingRequests } {
  const pending = createLruCache<{ readonly person: string; readonly reply: AnimationReply }>(most)
  return {
    of: (person) => ({
      keep(reply) {
        const id = newId()
        pending.set(id, { person, reply })
        return id
      },
      find(id) {
        const found = pending.peek(id)
        return found?.person === person ? found.reply : undefined
      },
    }),
  }
}
