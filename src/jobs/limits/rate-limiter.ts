// A rate limiter (token buckets): how often a person, a space and everybody may ask; counted in this process, or in a Redis together with
// other bots. It is no record: what it forgets costs nobody a job.

import type { Owner } from '../job.ts'
import { keyOf, type LimitLevel, limitLevels } from './limit-level.ts'
import { type Limits, type Rate, tooOften } from './limits.ts'
import { createTokenBuckets } from './token-bucket.ts'

export interface RateLimiter {
  /**
   * Takes from what the rates allow, on every level or on none.
   *
   * @param limits where they differ from those it was made with
   * @param turns as many as a request counts for; no more than a whole burst
   * @throws UserError too-often { level, jobs, perMs, waitS }
   */
  take(owner: Owner, limits?: Limits, turns?: number): Promise<void>
  close(): Promise<void>
}

export interface RateLimiterOptions {
  readonly limits: Limits
  readonly redisUrl?: string
  /** A Redis that does not answer in this time is reported, and this process counts alone: limits must not stop the bot, nor fall. */
  readonly answerWithinMs?: number
  readonly onError?: (error: Error) => void
  /** Of any clock. */
  readonly nowMs?: () => number
}

/** Where tokens are taken from. */
interface Buckets {
  take(key: string, rate: Rate, tokens: number): number | Promise<number>
  giveBack(key: string, rate: Rate, tokens: number): void | Promise<void>
  close?(): void
}

interface Asked {
  readonly level: LimitLevel
  readonly rate: Rate
  /** Of the level, whom it holds for, and the rate: another rate counts from when it is set. */
  readonly key: string
  readonly tokens: number
}

export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { limits: usual, redisUrl, answerWithinMs = 3000, onError = () => undefined, nowMs = () => performance.now() } = options
  const own = createTokenBuckets(nowMs)
  const shared = redisUrl === undefined ? undefined : withFallback(redisUrl, own, { answerWithinMs, onError })
  const buckets: Buckets = shared ?? own

  return {
    async take(owner, limits = usual, turns = 1) {
      const asked = limitLevels.flatMap((level): readonly Asked[] => {
        const rate = limits[level].rate
        return rate ? [{ level, rate, key: `${keyOf(level, owner)} ${rate.jobs}/${rate.perMs}`, tokens: Math.min(turns, rate.jobs) }] : []
      })
      // Taking is one step each, so that of many at once as many are let in as may.
      const taken = await Promise.all(asked.map(async (one) => ({ ...one, waitMs: await buckets.take(one.key, one.rate, one.tokens) })))
      const [refused] = taken.filter(({ waitMs }) => waitMs > 0).sort((a, b) => b.waitMs - a.waitMs)
      if (!refused) return
      await Promise.all(taken.filter(({ waitMs }) => waitMs === 0).map(({ key, rate, tokens }) => buckets.giveBack(key, rate, tokens)))
      throw tooOften(refused.level, refused.rate, refused.waitMs)
    },
    async close() {
      shared?.close?.()
    },
  }
}

/** In Redis; in this process where Redis is away. */
function withFallback(
  url: string,
  own: Buckets,
  options: { readonly answerWithinMs: number; readonly onError: (error: Error) => void },
): Buckets {
  // Its client is modules that nobody waits for who has no Redis.
  const opened = import('./redis-token-buckets.ts').then(({ createRedisTokenBuckets }) => createRedisTokenBuckets(url, options))

  async function orOwn<T>(inRedis: Promise<T>, alone: () => T | Promise<T>): Promise<T> {
    try {
      return await inRedis
    } catch (error) {
      options.onError(error as Error)
      return alone()
    }
  }

  return {
    take: (key, rate, tokens) =>
      orOwn(
        opened.then((redis) => redis.take(key, rate, tokens)),
        () => own.take(key, rate, tokens),
      ),
    giveBack: (key, rate, tokens) =>
      orOwn(
        opened.then((redis) => redis.giveBack(key, rate, tokens)),
        () => own.giveBack(key, rate, tokens),
      ),
    close: () => void opened.then((redis) => redis.close()),
  }
}
