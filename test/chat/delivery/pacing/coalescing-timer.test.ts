// Coalescing timer: many wishes, one run.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCoalescingTimer } from '../../../../src/chat/delivery/pacing/coalescing-timer.ts'
import { createManualClock } from '../../../jobs/manual-clock.ts'

test('runs once, at the earliest of the times that were asked for, and again when asked again', async () => {
  const clock = createManualClock(0)
  const runs: number[] = []
  const timer = createCoalescingTimer(clock, () => runs.push(clock.nowMs()))
  timer.within(500)
  timer.within(200)
  timer.within(300)
  await clock.advance(1000)
  assert.deepEqual(runs, [200])
  timer.within(50)
  await clock.advance(1000)
  assert.deepEqual(runs, [200, 1050])
})

test('does not run any more once it was stopped', async () => {
  const clock = createManualClock(0)
  const timer = createCoalescingTimer(clock, () => assert.fail('it ran'))
  timer.within(10)
  timer.stop()
  await clock.advance(100)
})
