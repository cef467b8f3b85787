// Load simulations of a small size: their counts and shares, on a clock moved by hand; times are for the benchmark to measure.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openChatTarget } from '../../src/cli/bench-load/chat-target.ts'
import { jainIndex, percentile } from '../../src/cli/bench-load/fairness.ts'
import { simulateLoad } from '../../src/cli/bench-load/load-simulation.ts'
import { systemClock } from '../../src/system-clock.ts'
import { createManualClock } from '../jobs/manual-clock.ts'

test('fifty users who never stop asking get equal shares, and each of a thousand requests has one end', async () => {
  const clock = createManualClock()
  const quarters: number[] = []
  let running = true
  const simulation = simulateLoad({
    users: 50,
    spaces: 5,
    requests: 1000,
    slots: 4,
    drawMs: 600_000,
    path: ':memory:',
    clock,
    onQuarter: (quarter) => quarters.push(quarter),
  }).finally(() => {
    running = false
  })
  while (running) await clock.step()
  const { acceptMs, ended, endedTwice, served, looks, most } = await simulation

  assert.equal(acceptMs.length, 1000)
  assert.deepEqual(Object.fromEntries(ended), { done: 1000 })
  assert.equal(endedTwice, 0)
  assert.deepEqual(quarters, [1, 2, 3, 4])
  assert.deepEqual(most, { waiting: 246, running: 4 })
  assert.ok(looks > 1000)
  const users = jainIndex(served.users)
  const spaces = jainIndex(served.spaces)
  assert.ok(users >= 0.99, `among users ${users}`)
  assert.ok(spaces >= 0.999, `among spaces ${spaces}`)
})

test('through the whole chat every user is answered, and every request has one end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zoetrope-load-'))
  try {
    const { acceptMs, ended, endedTwice } = await simulateLoad({
      users: 10,
      spaces: 2,
      requests: 60,
      slots: 4,
      drawMs: 300,
      path: join(folder, 'journal.sqlite'),
      clock: systemClock,
      openTarget: openChatTarget(join(folder, 'store')),
    })
    assert.deepEqual(Object.fromEntries(ended), { done: 60 })
    assert.equal(endedTwice, 0)
    assert.ok(acceptMs.every(Number.isFinite), 'nobody was left without an answer')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('Jain’s index is 1 for equal shares and 1/n where one has everything', () => {
  assert.equal(jainIndex([3, 3, 3, 3]), 1)
  assert.equal(jainIndex([0, 5, 0, 0]), 0.25)
})

test('percentiles are values that were measured', () => {
  const rising = Array.from({ length: 100 }, (_, n) => n)
  assert.deepEqual(
    [0, 0.5, 0.99, 1].map((share) => percentile(rising, share)),
    [0, 50, 99, 99],
  )
})
