// Redis connections of a bot or a GPU host: commands that fail soon instead of waiting for a Redis that is away, and channels that are
// subscribed to again when it is back. Passwords and TLS come with the URL.

import { Redis, type RedisOptions } from 'ioredis'
import { UserError } from '../../../errors.ts'

export interface RedisConnection {
  /** Fails within `answerMs` where Redis does not answer. */
  readonly redis: Redis
  /** Another one, on which large values hold up nothing else. */
  readonly bulk: Redis
  /** For BullMQ's Worker, which waits for jobs and must never give up. */
  patient(): Redis
  /** @param hear texts in the order in which they were published; some may be lost while Redis is away */
  subscribe(channel: string, hear: (text: string) => void): Promise<void>
  /** Nobody need be there to hear it. */
  publish(channel: string, text: string): Promise<void>
  close(): Promise<void>
}

export interface RedisConnectionOptions {
  readonly url: string
  /** As CLIENT LIST shows it. */
  readonly name: string
  readonly onError: (error: Error) => void
  readonly answerMs?: number
}

const usualAnswerMs = 5000
const tellAgainMs = 60_000
const mostTold = 100

/** What is answered in which form is not for each connection to choose. */
type Options = Omit<RedisOptions, 'replyMapping'>

/** @throws UserError redis-unreachable */
export async function connectRedis({ url, name, onError, answerMs = usualAnswerMs }: RedisConnectionOptions): Promise<RedisConnection> {
  const opened = new Set<Redis>()
  let connected = false
  let bulk: Redis | undefined
  let lastError: Error | undefined
  /** When each message was last told: a Redis that is away is met over and over, by every connection. */
  const toldMs = new Map<string, number>()

  function isNews(message: string): boolean {
    const now = performance.now()
    if (now - (toldMs.get(message) ?? Number.NEGATIVE_INFINITY) < tellAgainMs) return false
    if (toldMs.size > mostTold) toldMs.clear()
    toldMs.set(message, now)
    return true
  }

  function open(what: string, more: Options): Redis {
    const options = {
      connectionName: `${name}-${what}`,
      lazyConnect: true,
      connectTimeout: answerMs,
      // Of a connection that is cut without a word: whoever has asked and hears nothing builds up another.
      socketTimeout: 2 * answerMs,
      retryStrategy: (times: number) => (connected ? Math.min(50 * 2 ** Math.min(times, 6), 2000) : null),
      // Of a failover: what was a primary has become a replica.
      reconnectOnError: (error: Error) => (/^READONLY/.test(error.message) ? (2 as const) : false),
      ...more,
    }
    const client = new Redis(url, options)
    client.on('error', (error: Error) => {
      lastError = error
      if (connected && isNews(error.message)) onError(error)
    })
    opened.add(client)
    return client
  }

  const quick: Options = { maxRetriesPerRequest: 1, commandTimeout: answerMs, enableOfflineQueue: false }
  const redis = open('commands', quick)
  const subscriber = open('channels', { maxRetriesPerRequest: null })
  const hearing = new Map<string, (text: string) => void>()
  subscriber.on('message', (channel: string, text: string) => hearing.get(channel)?.(text))
  try {
    await Promise.all([redis.connect(), subscriber.connect()])
    connected = true
  } catch (error) {
    for (const client of opened) client.disconnect()
    const { host } = new URL(url)
    const reason = (lastError ?? (error as Error)).message
    const sentence = `Redis at ${host} cannot be reached (${reason}): start it, or mend REDIS_URL.`
    throw new UserError('redis-unreachable', sentence, { host, reason }, { cause: error })
  }
  // A channel on which nobody speaks looks like one that was cut.
  const pings = setInterval(() => void (subscriber.status === 'ready' && subscriber.ping().catch(() => undefined)), answerMs)
  pings.unref()

  return {
    redis,
    get bulk() {
      bulk ??= open('bulk', { ...quick, commandTimeout: 6 * answerMs, socketTimeout: 6 * answerMs, enableOfflineQueue: true })
      return bulk
    },
    // Waiting for a job is silent for seconds.
    patient: () => open('jobs', { maxRetriesPerRequest: null, socketTimeout: Math.max(2 * answerMs, 10_000) }),
    async subscribe(channel, hear) {
      hearing.set(channel, hear)
      await subscriber.subscribe(channel)
    },
    async publish(channel, text) {
      await redis.publish(channel, text)
    },
    async close() {
      clearInterval(pings)
      connected = false
      hearing.clear()
      for (const client of opened) client.disconnect()
    },
  }
}
