// How often people may ask, counted in this process and in Redis.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { UserError } from '../../../src/errors.ts'
import type { Limits } from '../../../src/jobs/limits/limits.ts'
import { createRateLimiter, type RateLimiterOptions } from '../../../src/jobs/limits/rate-limiter.ts'
import { startRedis } from '../../suites/redis-server.ts'

const redisUrl = await startRedis()
const limits: Limits = {
  person: { rate: { jobs: 3, perMs: 600_000 }, running: 1 },
  space: { rate: { jobs: 4, perMs: 600_000 }, running: 2 },
  all: {},
}

testRateLimiter('a rate limiter of its own', {})
if (redisUrl !== undefined) testRateLimiter('a rate limiter shared through Redis', { redisUrl })

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

    test('what was used up comes back at the rate', async () => {
      const rateLimiter = make({ limits: { person: { rate: { jobs: 1, perMs: 500 } }, space: {}, all: {} } })
      const ann = people('comes-back')('ann')
      await rateLimiter.take(ann)
      await refusal(rateLimiter.take(ann))
      await new Promise((resolve) => setTimeout(resolve, 1000))
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

    test('one running job a person and two a space are let in until they leave', async () => {
      const rateLimiter = make()
      const person = people('running')
      const leave = await rateLimiter.enter(person('ann'))
      assert.ok(leave)
      assert.equal(await rateLimiter.enter(person('ann')), undefined)
      assert.ok(await rateLimiter.enter(person('bob')))
      assert.equal(await rateLimiter.enter(person('cid')), undefined)
      leave()
      await new Promise((resolve) => setTimeout(resolve, 50))
      assert.ok(await rateLimiter.enter(person('cid')))
      await rateLimiter.close()
    })
  })
}

test('two bots on one Redis count together', { skip: redisUrl === undefined }, async () => {
  const options = { limits, redisUrl: redisUrl!, onError: (error: Error) => assert.ifError(error) }
  const [one, two] = [createRateLimiter(options), createRateLimiter(options)]
  const ann = { platform: 'test', space: 'both', person: 'ann' }
  assert.equal(one.shared, true)
  await one.take(ann)
  await two.take(ann)
  await one.take(ann)
  const error = await refusal(two.take(ann))
  assert.equal(error.data.level, 'person')
  assert.ok(Number(error.data.waitS) > 190 && Number(error.data.waitS) <= 200)
  const leave = await one.enter(ann)
  assert.ok(leave)
  assert.equal(await two.enter(ann), undefined)
  leave()
  await one.close()
  await two.close()
})

test('a running job of a bot that died is forgotten after a while', { skip: redisUrl === undefined }, async () => {
  const options = { limits, redisUrl: redisUrl!, runningForgottenMs: 300 }
  const ann = { platform: 'test', space: 'died', person: 'died-ann' }
  const dead = createRateLimiter(options)
  assert.ok(await dead.enter(ann))
  await dead.close()
  const rateLimiter = createRateLimiter(options)
  assert.equal(await rateLimiter.enter(ann), undefined)
  await new Promise((resolve) => setTimeout(resolve, 400))
  assert.ok(await rateLimiter.enter(ann))
  await rateLimiter.close()
})

test('limits that Bottleneck keeps in Redis survive there being deleted', { skip: redisUrl === undefined }, async () => {
  const { classicRedis } = await import('../../../src/jobs/limits/classic-redis.ts')
  const rateLimiter = createRateLimiter({ limits, redisUrl: redisUrl!, onError: (error) => assert.ifError(error) })
  const ann = { platform: 'test', space: 'flushed', person: 'flushed-ann' }
  for (let n = 0; n < 3; n++) await rateLimiter.take(ann)
  const redis = classicRedis(redisUrl!)
  await redis.call(['FLUSHALL'])
  redis.end()
  await rateLimiter.take(ann)
  await rateLimiter.close()
})

test('a Redis that cannot be reached is reported and lets everybody in', async () => {
  const errors: Error[] = []
  const rateLimiter = createRateLimiter({
    limits,
    redisUrl: 'redis://127.0.0.1:1',
    answerWithinMs: 50,
    onError: (error) => errors.push(error),
  })
  const ann = { platform: 'test', space: 's', person: 'ann' }
  await rateLimiter.take(ann)
  assert.ok(await rateLimiter.enter(ann))
  assert.ok(errors.some(({ message }) => message.includes('did not answer within 50 ms')))
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
