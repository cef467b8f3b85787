// Work in flight: a stop waits for what has begun, and for what that begins.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createInFlight } from '../../src/chat/in-flight.ts'

test('settles at once where nothing is under way', async () => {
  await createInFlight().settled()
})

test('waits for work that fails, and for what begins while it waits', async () => {
  const inFlight = createInFlight()
  const first = Promise.withResolvers<void>()
  const second = Promise.withResolvers<void>()
  const failed = assert.rejects(inFlight.track(first.promise), /broken/)
  let settled = false
  const waiting = inFlight.settled().then(() => {
    settled = true
  })
  void inFlight.track(second.promise)
  first.reject(new Error('broken'))
  await failed
  await new Promise(setImmediate)
  assert.equal(settled, false)
  second.resolve()
  await waiting
})
