// A rate limiter (token buckets, by Bottleneck): how often a person, a space and everybody may ask, and, where several bots share
// a Redis, how many jobs run at once. It is no record: what it forgets in a restart costs nobody a job.
// Always OVERFLOW, which turns the newcomer away; the library's own choice, LEAK, drops who has waited longest.

import Bottleneck from 'bottleneck'
import type { Owner } from '../job.ts'
import { classicRedis } from './classic-redis.ts'
import { keyOf, type LimitLevel, limitLevels } from './limit-level.ts'
import { type Limits, type Rate, refillMs, tooOften } from './limits.ts'

export interface RateLimiter {
  /** Whether other processes count with this one: then `enter` must be asked before a job runs. */
  readonly shared: boolean
  /**
   * Takes one of what the rates allow, on every level or on none.
   *
   * @param limits where they differ from those it was made with
   * @throws UserError too-often { level, jobs, perMs, waitS }
   */
  take(owner: Owner, limits?: Limits): Promise<void>
  /** Counts one running job until the returned function is called; undefined where as many run as may. */
  enter(owner: Owner): Promise<Leave | undefined>
  /** After what has been left is no longer counted. */
  close(): Promise<void>
}

export type Leave = () => void

export interface RateLimiterOptions {
  readonly limits: Limits
  readonly redisUrl?: string
  /** After this long a running job no longer counts: the process that ran it may have died. */
  readonly runningForgottenMs?: number
  /** A Redis that does not answer in this time is reported and not waited for: limits must not stop the bot. */
  readonly answerWithinMs?: number
  readonly onError?: (error: Error) => void
}

export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { limits: usual, redisUrl, runningForgottenMs = 30 * 60_000, answerWithinMs = 3000 } = options
  const client = redisUrl === undefined ? undefined : classicRedis(redisUrl)
  const onError = thrownLater(options.onError ?? (() => undefined))
  const connection = client ? new Bottleneck.RedisConnection({ client }) : null
  connection?.on('error', onError)
  const rates = groups('rate', (level) => {
    const rate = usual[level].rate
    // Group drops a limiter that was idle for `timeout`; by then its reservoir must have been full again.
    return rate ? { ...reservoirOf(rate), timeout: Math.max(300_000, 2 * rate.perMs) } : {}
  })
  const running = groups('running', (level) => ({ maxConcurrent: usual[level].running ?? null, timeout: 2 * runningForgottenMs }))
  const rateOf = new WeakMap<Bottleneck, Rate>()
  const held = new Set<() => void>()
  const leaving = new Set<Promise<unknown>>()

  function groups(kind: string, settings: (level: LimitLevel) => Bottleneck.ConstructorOptions): Record<LimitLevel, Bottleneck.Group> {
    const group = (level: LimitLevel) => {
      const strategy = Bottleneck.strategy.OVERFLOW
      const made = new Bottleneck.Group({ id: `zoetrope-${kind}`, highWater: 0, strategy, connection, ...settings(level) })
      made.on('created', (limiter) => limiter.on('error', onError))
      return made
    }
    return { person: group('person'), space: group('space'), all: group('all') }
  }

  async function limiterFor(level: LimitLevel, owner: Owner, rate: Rate): Promise<Bottleneck> {
    const limiter = rates[level].key(keyOf(level, owner))
    const known = rateOf.get(limiter) ?? usual[level].rate
    rateOf.set(limiter, rate)
    if (known?.jobs !== rate.jobs || known.perMs !== rate.perMs)
      await soon<unknown>(Promise.resolve(limiter.updateSettings(reservoirOf(rate))), undefined)
    return limiter
  }

  async function take(owner: Owner, limits: Limits = usual): Promise<void> {
    const asked = limitLevels.flatMap((level) => {
      const rate = limits[level].rate
      return rate ? [{ level, rate }] : []
    })
    const taken = await Promise.all(
      asked.map(async ({ level, rate }) => {
        const limiter = await limiterFor(level, owner, rate)
        stayInGroup(limiter)
        // Taking is one step and tells what is left, so that of many at once as many are let in as may.
        return { level, rate, limiter, left: await soon(limiter.incrementReservoir(-1), 0) }
      }),
    )
    const refused = taken.find(({ left }) => left < 0)
    if (!refused) return
    await Promise.all(taken.map(({ limiter }) => soon(limiter.incrementReservoir(1), 0)))
    throw tooOften(refused.level, refused.rate, refillMs(refused.rate) - (await sinceRefillMs(refused.limiter)))
  }

  async function enter(owner: Owner): Promise<Leave | undefined> {
    const leaves = await Promise.all(
      limitLevels
        .filter((level) => usual[level].running !== undefined)
        .map((level) => {
          const held = hold(running[level].key(keyOf(level, owner)))
          let late = false
          held.then((leave) => late && leave?.())
          return soon<Leave | undefined>(held, () => {
            late = true
          })
        }),
    )
    const leave = () => {
      for (const one of leaves) one?.()
    }
    if (leaves.every((one) => one !== undefined)) return leave
    leave()
    return undefined
  }

  /** Resolves when the limiter lets in; the job that Bottleneck sees lasts until the resolved function is called. */
  function hold(limiter: Bottleneck): Promise<Leave | undefined> {
    return new Promise((admit, fail) => {
      const left: Promise<unknown> = limiter
        .schedule({ expiration: runningForgottenMs }, () => new Promise<void>((end) => admit(leaveBy(end))))
        .catch((error: unknown) => (error instanceof Bottleneck.BottleneckError ? admit(undefined) : fail(error)))

      function leaveBy(end: () => void): Leave {
        held.add(end)
        return () => {
          if (!held.delete(end)) return
          leaving.add(left)
          left.finally(() => leaving.delete(left))
          end()
        }
      }
    })
  }

  /** Bottleneck tells nobody when it last refilled; without an answer the wait is the longest it can be. */
  async function sinceRefillMs(limiter: Bottleneck): Promise<number> {
    const hget = ['HGET', `b_${limiter.id}_settings`, 'lastReservoirIncrease']
    const refilled = client ? await soon(client.call(hget), undefined) : insides(limiter)?._lastReservoirIncrease
    const sinceMs = Date.now() - Number(refilled)
    return Number.isFinite(sinceMs) ? Math.max(sinceMs, 0) : 0
  }

  /** The answer, or what stands in for it where Redis gives none in time. */
  function soon<T>(answer: Promise<T>, otherwise: T): Promise<T> {
    if (!client) return answer
    return new Promise((resolve) => {
      const fail = (error: Error) => {
        clearTimeout(timer)
        onError(error)
        resolve(otherwise)
      }
      const timer = setTimeout(
        () => fail(new Error(`Redis did not answer within ${answerWithinMs} ms; limits are not applied`)),
        answerWithinMs,
      )
      answer.then((value) => {
        clearTimeout(timer)
        resolve(value)
      }, fail)
    })
  }

  async function close(): Promise<void> {
    await soon(Promise.all(leaving), [])
    const groups = limitLevels.flatMap((level) => [rates[level], running[level]])
    for (const group of groups) clearInterval(timerOf(group))
    if (connection) await connection.disconnect()
    else for (const group of groups) for (const { limiter } of group.limiters()) await limiter.disconnect()
    // Each of these has a timer. In Redis they count until they are forgotten: only who entered knows that they no longer run.
    for (const end of held) end()
    held.clear()
  }

  return { shared: client !== undefined, take, enter, close }
}

/** Bottleneck looks every 250 ms, so the refill is spread over multiples of that. */
function reservoirOf(rate: Rate): Bottleneck.ConstructorOptions {
  const interval = Math.ceil(refillMs(rate) / 250) * 250
  return {
    reservoir: rate.jobs,
    reservoirIncreaseInterval: interval,
    reservoirIncreaseAmount: Math.max(1, Math.floor((rate.jobs * interval) / rate.perMs)),
    reservoirIncreaseMaximum: rate.jobs,
  }
}

/** Bottleneck reports what a listener for errors throws to that listener again, without end. */
function thrownLater(onError: (error: Error) => void): (error: Error) => void {
  return (error) => {
    try {
      onError(error)
    } catch (thrown) {
      setImmediate(() => {
        throw thrown
      })
    }
  }
}

function timerOf(group: Bottleneck.Group): NodeJS.Timeout | undefined {
  return (group as unknown as { interval?: NodeJS.Timeout }).interval
}

/** A group drops a limiter by the time of its last job, and rates are counted without jobs, which cost five times as much (0.4 ms). Redis sees it itself. */
function stayInGroup(limiter: Bottleneck): void {
  const store = insides(limiter)
  if (store?._nextRequest !== undefined) store._nextRequest = Date.now()
}

function insides(limiter: Bottleneck): { _lastReservoirIncrease?: number; _nextRequest?: number } | undefined {
  return (limiter as unknown as { _store?: object })._store
}
