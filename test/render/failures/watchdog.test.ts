// How long a render may be silent: what was measured of those that ended well, and nothing else.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createWatchdog } from '../../../src/render/failures/watchdog.ts'

const request = { width: 8, height: 8, frames: 1 }
const minute = 60_000

/** Moves the clock until it is said to hang. @returns after how long */
function silence(t: TestContext, watchdog: ReturnType<typeof createWatchdog>, clock: { ms: number }): number {
  const beganMs = clock.ms
  let hung = false
  const watch = watchdog.watch({ model: 'a', request }, () => {
    hung = true
  })
  while (!hung) {
    clock.ms += 1000
    t.mock.timers.tick(1000)
  }
  watch.end(false)
  return clock.ms - beganMs
}

function opened(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const clock = { ms: 0 }
  return { clock, watchdog: createWatchdog({ factor: 10, leastMs: 2 * minute, unmeasuredMs: 30 * minute }, () => clock.ms) }
}

test('a render that hung teaches no patience: the next is given up as soon', (t) => {
  const { clock, watchdog } = opened(t)
  const first = silence(t, watchdog, clock)
  assert.ok(first >= 30 * minute && first < 31 * minute, `${first}`)
  assert.equal(silence(t, watchdog, clock), first)
})

test('a render that ended well does: ten times as long is given', (t) => {
  const { clock, watchdog } = opened(t)
  const watch = watchdog.watch({ model: 'a', request }, () => assert.fail())
  clock.ms += minute
  t.mock.timers.tick(minute)
  watch.end(true)
  const next = silence(t, watchdog, clock)
  assert.ok(next >= 10 * minute && next < 11 * minute, `${next}`)
})
