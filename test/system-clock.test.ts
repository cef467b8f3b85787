// The clock of this machine, which is set by others.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { neverBack, systemClock } from '../src/system-clock.ts'

test('time goes on at its rate where the clock is set back, and forward where it is set forward', () => {
  let [wall, steady] = [1_000_000, 50]
  const nowMs = neverBack(
    () => wall,
    () => steady,
  )
  const after = (ms: number, set = 0): number => {
    steady += ms
    wall += ms + set
    return nowMs()
  }
  assert.equal(nowMs(), 1_000_000)
  assert.equal(after(10), 1_000_010)
  assert.equal(after(10, -3_600_000), 1_000_020)
  assert.equal(after(1000), 1_001_020)
  assert.equal(after(0, 3_600_000), 1_001_020)
  assert.equal(after(5, 7_200_000), 8_201_025)
})

test('it tells the time since 1970', () => {
  assert.ok(Math.abs(systemClock.nowMs() - Date.now()) < 1000)
})
