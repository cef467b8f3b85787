// Who is refused, and how long they are told to wait.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRateLimiter } from '../../../src/jobs/limits/rate-limiter.ts'
import { askOf, noLimits } from '../asks.ts'
import { settled } from '../manual-clock.ts'
import { openScheduler, refusal } from '../open-scheduler.ts'

test('too many waiting are refused with the time until the first of them begins; the limits of a space are its own', async () => {
  const limits = { ...noLimits, person: { waiting: 2 } }
  const { scheduler, renderer, clock, journal } = await openScheduler({ limits })
  await scheduler.accept(askOf('ann', { frames: 10 }))
  await clock.advance(5000)
  renderer.active[0]!.finish(5000)
  await settled()
  for (let n = 0; n < 3; n++) await scheduler.accept(askOf('ann', { frames: 10 }))
  await clock.advance(2000)
  const { code, data } = await refusal(scheduler.accept(askOf('ann')))
  assert.deepEqual({ code, data }, { code: 'too-many-waiting', data: { level: 'person', limit: 2, waitS: 3 } })
  assert.equal(journal.list({}, { from: 0, limit: 9 }).total, 4)
  await scheduler.accept(askOf('ann'), { limits: noLimits })
})

test('of many at once as many are taken as may wait', async () => {
  const { scheduler } = await openScheduler({ limits: { ...noLimits, person: { waiting: 3 } }, slots: 0 })
  const all = await Promise.allSettled(Array.from({ length: 8 }, () => scheduler.accept(askOf('ann'))))
  assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 3)
  assert.equal(scheduler.load().waiting, 3)
})

test('a long clip counts as often as usual ones of its length, and costs what it computes', async () => {
  const limits = { ...noLimits, person: { rate: { jobs: 4, perMs: 60_000 } } }
  const rateLimiter = createRateLimiter({ limits })
  const { scheduler } = await openScheduler({ limits, rateLimiter, slots: 0 })
  const usual = await scheduler.accept(askOf('ann', { frames: 32, loop: 'auto' }))
  const long = await scheduler.accept(askOf('ann', { frames: 96, loop: 'auto' }))
  assert.equal(long.cost, 3 * usual.cost)
  assert.equal((await refusal(scheduler.accept(askOf('ann', { frames: 1 })))).code, 'too-often')
  await scheduler.accept(askOf('bob', { frames: 96 }))
  await rateLimiter.close()
})

test('what the rate limiter refuses is not written down and does not count as waiting', async () => {
  const limits = { ...noLimits, person: { waiting: 2, rate: { jobs: 1, perMs: 60_000 } } }
  const rateLimiter = createRateLimiter({ limits })
  const { scheduler, journal } = await openScheduler({ limits, rateLimiter, slots: 0 })
  await scheduler.accept(askOf('ann', { seed: '7' }))
  for (let n = 0; n < 3; n++) assert.equal((await refusal(scheduler.accept(askOf('ann', { seed: '7' })))).code, 'too-often')
  assert.equal(journal.live().length, 1)
  assert.equal(scheduler.load().waiting, 1)
  await scheduler.accept(askOf('bob', { seed: '7' }))
  await rateLimiter.close()
})
