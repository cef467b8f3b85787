// A Redis key-value store: its namespaces, through Keyv's own back end for it.

import KeyvRedis, { createClient } from '@keyv/redis'
import { UserError } from '../errors.ts'
import type { Spaces } from './spaces.ts'

const prefix = 'zoetrope-'
/** What was asked while the connection was lost fails after this long instead of waiting for ever. */
const answerWithinMs = 5000

/** @throws UserError redis-unreachable */
export async function openRedisSpaces(url: string, onError: (error: Error) => void): Promise<Spaces> {
  let connected = false
  const client = createClient({
    url,
    commandOptions: { timeout: answerWithinMs },
    // The first connection is tried once, later ones until they succeed.
    socket: { connectTimeout: answerWithinMs, reconnectStrategy: (tries) => connected && Math.min(50 * 2 ** tries, 2000) },
  })
  // Each space listens to the one client.
  client.setMaxListeners(0)
  client.on('error', (error: Error) => connected && onError(error))
  try {
    await client.connect()
    connected = true
  } catch (error) {
    const { message } = error as Error
    const { host } = new URL(url)
    const sentence = `Redis at ${host} cannot be reached (${message}): start it, or leave its URL away to keep everything in files.`
    throw new UserError('redis-unreachable', sentence, { host, reason: message }, { cause: error })
  }
  return {
    space: (name) => new KeyvRedis(client, { namespace: `${prefix}${name}`, throwOnErrors: true, noNamespaceAffectsAll: false }),
    async names() {
      const names = new Set<string>()
      for await (const keys of client.scanIterator({ MATCH: `${prefix}*::*` }))
        for (const key of keys) names.add(key.slice(prefix.length, key.indexOf('::')))
      return [...names]
    },
    async close() {
      connected = false
      await client.close()
    },
  }
}
