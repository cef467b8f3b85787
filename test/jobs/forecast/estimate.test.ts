// How long a render takes, and how much longer.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEstimate } from '../../../src/jobs/forecast/estimate.ts'
import { newJob } from '../../../src/jobs/job.ts'
import { type ActiveRender, leftMs, recordStep } from '../../../src/jobs/renders/active-render.ts'
import { askOf } from '../asks.ts'

const jobOf = (width: number, frames: number) => newJob(askOf('ann', { width, height: width, frames }), 'j0', 0)

test('nothing is known before something was measured; then time goes with cost', () => {
  const estimate = createEstimate()
  assert.equal(estimate.msFor(jobOf(64, 8)), undefined)
  estimate.learn(jobOf(64, 8), { renderMs: 800 })
  assert.equal(estimate.msFor(jobOf(64, 16)), 1600)
})

test('a change of the machine shows after a few renders, one odd render hardly', () => {
  const estimate = createEstimate()
  estimate.learn(jobOf(64, 1), { renderMs: 100 })
  estimate.learn(jobOf(64, 1), { renderMs: 200 })
  assert.equal(estimate.msFor(jobOf(64, 1)), 125)
  for (let n = 0; n < 12; n++) estimate.learn(jobOf(64, 1), { renderMs: 200 })
  assert.ok(estimate.msFor(jobOf(64, 1))! > 197)
})

test('each size has its own rate; a size that was never rendered goes by the nearest', () => {
  const estimate = createEstimate()
  estimate.learn(jobOf(64, 1), { renderMs: 4096 })
  estimate.learn(jobOf(512, 1), { renderMs: 2 * 512 * 512 })
  assert.equal(estimate.msFor(jobOf(64, 2)), 2 * 4096)
  assert.equal(estimate.msFor(jobOf(512, 1)), 2 * 512 * 512)
  assert.equal(estimate.msFor(jobOf(96, 1)), 96 * 96)
  assert.equal(estimate.msFor(jobOf(384, 1)), 2 * 384 * 384)
})

test('what was learned is read back; nonsense counts as nothing', () => {
  const estimate = createEstimate()
  estimate.learn(jobOf(64, 1), { renderMs: 100 })
  estimate.learn(jobOf(512, 1), { renderMs: 900 })
  const again = createEstimate(JSON.parse(JSON.stringify(estimate.save())))
  for (const width of [64, 512]) assert.equal(again.msFor(jobOf(width, 3)), estimate.msFor(jobOf(width, 3)))
  assert.equal(createEstimate([[12, 1e300]]).msFor(jobOf(64, 1)), undefined, 'what nothing takes is not foretold')
  for (const saved of [null, 7, [[1]], [[1, -5]], { a: 1 }]) assert.equal(createEstimate(saved).msFor(jobOf(64, 1)), undefined)
  for (const odd of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) estimate.learn(jobOf(64, 1), { renderMs: odd })
  assert.equal(estimate.msFor(jobOf(64, 1)), 100)
})

test('the time left of a render is what the estimate leaves, unless its own steps foretell more', () => {
  const render = renderFrom(1000)
  assert.equal(leftMs(render, undefined, 1500), undefined)
  assert.equal(leftMs(render, 3000, 1500), 2500)
  assert.equal(leftMs(render, 3000, 9000), 0)
  recordStep(render, { step: 1, of: 10 }, 2000)
  assert.equal(leftMs(render, 3000, 2000), 2000)
  recordStep(render, { step: 3, of: 10 }, 3000)
  assert.equal(leftMs(render, 3000, 3000), 3500)
  assert.equal(leftMs(render, undefined, 3200), 3300)
  assert.equal(leftMs(render, 60_000, 3000), 58_000)
  assert.equal(leftMs(render, undefined, 99_000), 0)
})

test('what is loaded before the first step takes nothing off the time of the render', () => {
  const render = renderFrom(1000)
  recordStep(render, { step: 0, of: 10 }, 1000)
  assert.equal(leftMs(render, 3000, 60_000), 3000)
  recordStep(render, { step: 1, of: 10 }, 61_000)
  assert.equal(leftMs(render, 3000, 61_500), 2200)
})

function renderFrom(startedMs: number): ActiveRender {
  return { key: '', ids: new Set(), abort: new AbortController(), startedMs, lead: jobOf(64, 1), settled: Promise.resolve() }
}

test('the smallest of renders, which is little but encoding, does not foretell days for a large one', () => {
  const estimate = createEstimate()
  const small = newJob(askOf('ann', { width: 64, height: 64, frames: 2, steps: 1 }), 'j0', 0)
  const large = newJob(askOf('ann', { width: 512, height: 512, frames: 16, steps: 25 }), 'j1', 0)
  estimate.learn(small, { renderMs: 3000, stepsMs: 40 })
  const ms = estimate.msFor(large)!
  // Its steps alone are 12,800 times as much work.
  assert.ok(ms > 40 * 12_800 && ms < 40 * 12_800 + 100_000, `${ms / 60_000} minutes`)
  estimate.learn(small, { renderMs: 3000 * 24 * 3_600_000, stepsMs: 40 })
  assert.equal(estimate.msFor(large), ms, 'what was measured while the machine slept counts for nothing')
})
