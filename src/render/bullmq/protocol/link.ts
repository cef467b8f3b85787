// The link between bot and GPU hosts: one Redis, one key, one content store, opened from what is configured.

import { omitUndefined } from '../../../omit-undefined.ts'
import type { ContentStore } from '../../content-store/content-store.ts'
import { type ContentStoreChoice, openContentStore } from '../../content-store/open-content-store.ts'
import { createRedisContentStore } from '../../content-store/redis-content-store.ts'
import { keys } from './keys.ts'
import { connectRedis, type RedisConnection } from './redis-connection.ts'
import { createSignature, type Signature } from './signature.ts'

export interface HostLink {
  readonly connection: RedisConnection
  readonly signature: Signature
  readonly store: ContentStore
}

export interface HostLinkOptions extends ContentStoreChoice {
  readonly redisUrl: string
  readonly hostKey: string
  /** As Redis shows it. */
  readonly name: string
  readonly onError: (error: Error) => void
  readonly answerMs?: number
}

/** @throws UserError redis-unreachable, bad-setting */
export async function openHostLink({ redisUrl, hostKey, name, onError, answerMs, ...choice }: HostLinkOptions): Promise<HostLink> {
  const connection = await connectRedis({ url: redisUrl, name, onError, ...omitUndefined({ answerMs }) })
  try {
    const store = await openContentStore(choice, () => createRedisContentStore({ redis: () => connection.bulk, keyOf: keys.content }))
    return { connection, signature: createSignature({ key: hostKey, nowMs: Date.now }), store }
  } catch (error) {
    await connection.close()
    throw error
  }
}
