// Chaos, in short: what `npm run chaos` does at length.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { skipWithoutRedis } from '../suites/redis-server.ts'
import { runChaos } from './chaos.ts'

describe('while parts are killed, frozen, restarted and cut off at random', {
  skip: skipWithoutRedis,
  timeout: 600_000,
}, () => {
  test('no request is lost, none is posted twice, each has a visible end, and none is begun more than twice', async () => {
    const seed = Date.now() % 100_000
    const requests = 80
    const report = await runChaos({ minutes: 0.5, requests, seed })
    const told = JSON.stringify({ seed, ...report })
    assert.equal(report.accepted, requests, told)
    assert.ok(report.ended['done']! > requests / 2, told)
    const { lost, postedTwice, withoutVisibleEnd, mostExtraRuns } = report
    assert.deepEqual({ lost, postedTwice, withoutVisibleEnd }, { lost: 0, postedTwice: 0, withoutVisibleEnd: 0 }, told)
    assert.ok(mostExtraRuns <= 1, told)
  })
})
