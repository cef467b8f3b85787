// Readiness: what operators and people are told while nothing can be drawn.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReadiness } from '../../../src/bot/monitoring/readiness.ts'
import { UserError } from '../../../src/errors.ts'
import { createLog } from '../../../src/log.ts'
import { createManualClock, settled } from '../../jobs/manual-clock.ts'

function openReadiness(check: () => Promise<void>) {
  const told: string[] = []
  const clock = createManualClock()
  const readiness = createReadiness({ check, clock, tell: (sentence) => told.push(sentence), log: createLog({ level: 'silent' }) })
  return { readiness, told, clock }
}

const missing = () => new UserError('file-not-found', 'There is no file /models/sd15.safetensors.', { path: '/models/sd15.safetensors' })

test('nothing is ready before what draws is loaded, and then it is', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { readiness, told } = openReadiness(() => promise)
  assert.equal(readiness.trouble(), 'what draws is being loaded')
  resolve()
  assert.equal(await readiness.known, true)
  assert.equal(readiness.trouble(), undefined)
  assert.deepEqual(told, [])
})

test('what keeps it from drawing is told to the operator once, tried again, and told when it is mended', async () => {
  let there = false
  const { readiness, told, clock } = openReadiness(async () => {
    if (!there) throw missing()
  })
  assert.equal(await readiness.known, false)
  for (let n = 0; n < 3; n++) await clock.advance(60_000)
  assert.equal(readiness.trouble(), 'There is no file /models/sd15.safetensors.')
  there = true
  await clock.advance(60_000)
  assert.equal(readiness.trouble(), undefined)
  assert.deepEqual(told, [
    'Nothing can be drawn: There is no file /models/sd15.safetensors.',
    'Ready: what kept the bot from drawing is mended.',
  ])
})

test('once it has stopped, nothing is looked at any more', async () => {
  let looks = 0
  const { readiness, told, clock } = openReadiness(async () => {
    looks++
    throw missing()
  })
  await readiness.known
  await clock.advance(60_000)
  const before = looks
  assert.ok(before > 1, `${before}`)
  readiness.stop()
  await clock.advance(3_600_000)
  assert.deepEqual([looks, told.length], [before, 1])
})

test('people are told of what the operator can mend that it is told, and of everything else what it is', async () => {
  const { readiness } = openReadiness(async () => undefined)
  await readiness.known
  const said = async (error: Error) => {
    const caught = await readiness.guard(() => Promise.reject(error)).catch((one: unknown) => one)
    return caught instanceof UserError ? caught.code : caught === error
  }
  assert.equal(await said(missing()), 'cannot-draw')
  assert.equal(await said(new UserError('device-not-started', 'CUDA does not start here.', { device: 'cuda' })), 'cannot-draw')
  assert.equal(await said(new UserError('no-space', 'There is no space left.', { bytes: 7 })), 'cannot-draw')
  assert.equal(await said(new UserError('ffmpeg-died', 'ffmpeg ended; it said: no.', { path: '/usr/bin/ffmpeg' })), 'ffmpeg-died')
  assert.equal(await said(new UserError('size', 'A size is a multiple of 8.', { width: 7 })), 'size')
  assert.equal(await said(new Error('a bug')), true)
  assert.equal(await readiness.guard(async () => 'drawn'), 'drawn')
})

test('what is asked for and cannot be drawn has it looked at anew, before anybody says that nothing can', async () => {
  let works = true
  const { readiness, told } = openReadiness(async () => {
    if (!works) throw missing()
  })
  await readiness.known
  await readiness.guard(() => Promise.reject(missing())).catch(() => undefined)
  await settled()
  assert.equal(readiness.trouble(), undefined, 'one style that is broken is not all of them')
  works = false
  await readiness.guard(() => Promise.reject(missing())).catch(() => undefined)
  await settled()
  assert.notEqual(readiness.trouble(), undefined)
  assert.equal(told.length, 1)
  readiness.stop()
})
