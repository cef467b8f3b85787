// Token buckets in Redis (rate-limiter-flexible): what several bots count together. Its script for fixed windows is replaced by one for
// buckets that refill evenly, as everywhere else here. ioredis sends a script again that Redis has forgotten in a restart.

import { Redis } from 'ioredis'
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { Rate } from './limits.ts'

export interface RedisTokenBuckets {
  /** @returns milliseconds until one may be taken; 0 where one was. Rejects where Redis does not answer in time */
  take(key: string, rate: Rate, tokens?: number): Promise<number>
  giveBack(key: string, rate: Rate, tokens?: number): Promise<void>
  close(): void
}

/**
 * As takeToken in token-bucket.ts, by the clock of Redis. KEYS: the bucket. ARGV: tokens, a negative number to give back; unused; the
 * burst; seconds for all of it. Returns, as the library expects, how many are taken, more than the burst where it is refused, and
 * milliseconds until the next.
 */
const script = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local tokens, burst, per = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4]) * 1000
local refill = per / burst
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local after = full + tokens * refill
local wait = after - now - per
if tokens > 0 and wait > 0.5 then return { burst + 1, math.ceil(wait) } end
if after > now then redis.call('SET', KEYS[1], string.format('%.3f', after), 'PX', math.ceil(after - now))
else redis.call('DEL', KEYS[1]) end
return { math.max(0, math.min(burst, math.ceil((after - now) / refill))), 0 }`

export function createRedisTokenBuckets(
  url: string,
  { answerWithinMs, onError }: { readonly answerWithinMs: number; readonly onError: (error: Error) => void },
): RedisTokenBuckets {
  const client = new Redis(url, {
    connectionName: 'zoetrope-limits',
    commandTimeout: answerWithinMs,
    connectTimeout: answerWithinMs,
    socketTimeout: 2 * answerWithinMs,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 6), 2000),
  })
  let away = false
  client.on('ready', () => {
    away = false
  })
  // Told once, and not at each try to connect.
  client.on('error', (error: Error) => {
    if (!away) onError(error)
    away = true
  })
  const limiters = new Map<string, RateLimiterRedis>()

  function limiterOf({ jobs, perMs }: Rate): RateLimiterRedis {
    const keyPrefix = `zoetrope:rate:${jobs}/${perMs}`
    const known = limiters.get(keyPrefix)
    if (known) return known
    const limiter = new RateLimiterRedis({
      storeClient: client,
      keyPrefix,
      points: jobs,
      duration: perMs / 1000,
      customIncrTtlLuaScript: script,
    })
    limiters.set(keyPrefix, limiter)
    return limiter
  }

  return {
    async take(key, rate, tokens = 1) {
      try {
        await limiterOf(rate).consume(key, tokens)
        return 0
      } catch (refused) {
        if (refused instanceof RateLimiterRes) return Math.max(1, refused.msBeforeNext)
        throw refused
      }
    },
    async giveBack(key, rate, tokens = 1) {
      await limiterOf(rate).reward(key, tokens)
    },
    close: () => client.disconnect(),
  }
}
