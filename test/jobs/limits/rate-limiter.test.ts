// How often people may ask, counted in this process and in Redis.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { UserError } from '../../../src/errors.ts'
import type { Limits } from '../../../src/jobs/limits/limits.ts'
import { createRateLimiter, type RateLimiterOptions } from '../../../src/jobs/limits/rate-limiter.ts'
import { skipWithoutRedis, startRedisServer } from '../../suites/redis-server.ts'

const server = await startRedisServer()
const limits: Limits = {
  person: { rate: { jobs: 3, perMs: 600_000 } },
  space: { rate: { jobs: 4, perMs: 600_000 } },
  all: {},
}

testRateLimiter('a rate limiter of its own', {})
if (server !== undefined) testRateLimiter('a rate limiter shared through Redis', { redisUrl: server.url })
else describe('a rate limiter shared through Redis', { skip: skipWithoutRedis })

function testRateLimiter(name: string, where: Partial<RateLimiterOptions>): void {
  // Keys in a shared Redis outlive a test: each test has a space of its own.
  const people = (space: string) => (person: string) => ({ platform: 'test', space, person: `${space}-${person}` })
  const make = (options: Partial<RateLimiterOptions> = {}) =>
    createRateLimiter({ limits, ...where, ...options, onError: (error) => assert.ifError(error) })

  describe(name, () => {
    test('a fourth job within ten minutes is refused with the wait', async () => {
      const rateLimiter = make()
      const ann = people('often')('ann')
      for (let n = 0; n < 3; n++) await rateLimiter.take(ann)
      const error = await refusal(rateLimiter.take(ann))
      assert.equal(error.code, 'too-often')
      assert.equal(error.data.level, 'person')
      const waitS = Number(error.data.waitS)
      assert.ok(waitS > 190 && waitS <= 200, `one of three in ten minutes comes back every 200 s, got ${waitS}`)
      await rateLimiter.close()
    })

    test('of several rates that refuse, the wait is that of the longest', async () => {
      const both: Limits = { person: { rate: { jobs: 1, perMs: 60_000 } }, space: { rate: { jobs: 1, perMs: 600_000 } }, all: {} }
      const rateLimiter = make({ limits: both })
      const ann = people('longest')('ann')
      await rateLimiter.take(ann)
      const { data } = await refusal(rateLimiter.take(ann))
      assert.equal(data.level, 'space')
      assert.ok(Number(data.waitS) > 500, `${data.waitS} s`)
      await rateLimiter.close()
    })

    test('three at once are let in and the fourth is turned away, not made to wait', async () => {
      const rateLimiter = make()
      const ann = people('at-once')('ann')
      const settled = await Promise.allSettled(Array.from({ length: 6 }, () => rateLimiter.take(ann)))
      assert.deepEqual(
        settled.map(({ status }) => status),
        ['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected', 'rejected'],
      )
      await rateLimiter.close()
    })

    test('what the space refuses is not counted against the person', async () => {
      const rateLimiter = make()
      const [ann, bob] = [people('given-back')('ann'), people('given-back')('bob')]
      for (let n = 0; n < 3; n++) await rateLimiter.take(ann)
      await rateLimiter.take(bob)
      assert.equal((await refusal(rateLimiter.take(bob))).data.level, 'space')
      const elsewhere = { ...bob, space: 'elsewhere' }
      await rateLimiter.take(elsewhere)
      await rateLimiter.take(elsewhere)
      assert.equal((await refusal(rateLimiter.take(elsewhere))).data.level, 'person')
      await rateLimiter.close()
    })

    test('one that counts for several takes as much, is refused whole, and counts for no more than a burst', async () => {
      const rateLimiter = make()
      const [ann, bob] = [people('several')('ann'), people('many')('bob')]
      await rateLimiter.take(ann, limits, 2)
      const { data } = await refusal(rateLimiter.take(ann, limits, 2))
      assert.equal(data.level, 'person')
      assert.ok(Number(data.waitS) > 190 && Number(data.waitS) <= 200, `${data.waitS}`)
      await rateLimiter.take(ann)
      await rateLimiter.take(bob, limits, 50)
      await refusal(rateLimiter.take(bob))
      await rateLimiter.close()
    })

    test('what was used up comes back at the rate', async () => {
      const rateLimiter = make({ limits: { person: { rate: { jobs: 1, perMs: 1000 } }, space: {}, all: {} } })
      const ann = people('comes-back')('ann')
      await rateLimiter.take(ann)
      await refusal(rateLimiter.take(ann))
      await new Promise((resolve) => setTimeout(resolve, 1100))
      await rateLimiter.take(ann)
      await rateLimiter.close()
    })

    test("a space with limits of its own is held to those, from the moment they're set", async () => {
      const rateLimiter = make()
      const ann = people('own-limits')('ann')
      const own: Limits = { ...limits, space: { rate: { jobs: 1, perMs: 600_000 } } }
      await rateLimiter.take(ann)
      await rateLimiter.take(ann, own)
      const error = await refusal(rateLimiter.take(ann, own))
      assert.partialDeepStrictEqual(error.data, { level: 'space', jobs: 1 })
      await rateLimiter.close()
    })

    test('of many at different paces as many are let in as the rate says, whatever the order', async () => {
      const rateLimiter = make({ limits: { person: { rate: { jobs: 7, perMs: 600_000 } }, space: {}, all: {} } })
      const ann = people('uneven')('ann')
      for (let n = 0; n < 7; n++) await rateLimiter.take(ann)
      assert.equal((await refusal(rateLimiter.take(ann))).data['waitS'], Math.ceil(600 / 7))
      await rateLimiter.close()
    })
  })
}

test('two bots on one Redis count together', { skip: skipWithoutRedis }, async () => {
  const options = { limits, redisUrl: server!.url, onError: (error: Error) => assert.ifError(error) }
  const [one, two] = [createRateLimiter(options), createRateLimiter(options)]
  const ann = { platform: 'test', space: 'both', person: 'ann' }
  await one.take(ann)
  await two.take(ann)
  await one.take(ann)
  const error = await refusal(two.take(ann))
  assert.equal(error.data['level'], 'person')
  assert.ok(Number(error.data['waitS']) > 190 && Number(error.data['waitS']) <= 200)
  await one.close()
  await two.close()
})

test('limits hold after a Redis was started anew and knows no script any more', { skip: skipWithoutRedis }, async () => {
  const errors: Error[] = []
  const rateLimiter = createRateLimiter({ limits, redisUrl: server!.url, onError: (error) => errors.push(error) })
  const ann = { platform: 'test', space: 'restarted', person: 'restarted-ann' }
  await rateLimiter.take(ann)
  await server!.kill()
  await rateLimiter.take(ann)
  assert.ok(errors.length > 0, 'a Redis that is away is told')
  await server!.start()
  // Until its client has seen that it is back.
  await new Promise((resolve) => setTimeout(resolve, 2500))
  const before = errors.length
  for (let n = 0; n < 3; n++) await rateLimiter.take(ann)
  assert.equal((await refusal(rateLimiter.take(ann))).data['level'], 'person')
  assert.equal(errors.length, before)
  await rateLimiter.close()
})

test('where a Redis cannot be reached that is told, and the process counts alone', async () => {
  const errors: Error[] = []
  const rateLimiter = createRateLimiter({
    limits,
    redisUrl: 'redis://127.0.0.1:1',
    answerWithinMs: 200,
    onError: (error) => errors.push(error),
  })
  const ann = { platform: 'test', space: 's', person: 'ann' }
  for (let n = 0; n < 3; n++) await rateLimiter.take(ann)
  assert.equal((await refusal(rateLimiter.take(ann))).data['level'], 'person')
  assert.ok(
    errors.some(({ message }) => /ECONNREFUSED|Connection|timed out/.test(message)),
    `${errors}`,
  )
  await rateLimiter.close()
})

async function refusal(promise: Promise<unknown>): Promise<UserError> {
  const error = await promise.then(
    () => assert.fail('not refused'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof UserError, `${error}`)
  return error
}

test('a clock that is set back keeps nobody waiting until it has caught up', async () => {
  let nowMs = 1e12
  const rateLimiter = createRateLimiter({ limits, nowMs: () => nowMs })
  const ann = { platform: 'test', space: 's', person: 'ann' }
  for (let n = 0; n < 3; n++) await rateLimiter.take(ann)
  nowMs -= 24 * 3_600_000
  assert.equal((await refusal(rateLimiter.take(ann))).data.waitS, 200)
  nowMs += 200_000
  await rateLimiter.take(ann)
  await refusal(rateLimiter.take(ann))
  nowMs += 600_000
  for (let n = 0; n < 3; n++) await rateLimiter.take(ann)
  await rateLimiter.close()
})
