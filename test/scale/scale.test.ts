// Scale, in short: what `npm run scale` measures at length.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { skipWithoutRedis } from '../suites/redis-server.ts'
import { measurePicking, measureScale } from './scale.ts'

test('picking what runs next and where takes no 5 ms, with 100,000 waiting and 50 GPU hosts', () => {
  const { p99CpuMs } = measurePicking(100_000, 50)
  assert.ok(p99CpuMs < 5, `${p99CpuMs} ms`)
})

describe('GPU hosts', { skip: skipWithoutRedis, timeout: 120_000 }, () => {
  test('are kept busy: four make nearly four times as much as one, for a few dozen commands of Redis a job', async () => {
    const { throughput, idle } = await measureScale({ hosts: [1, 4], jobsPerHost: 3, steps: 10, stepMs: 150, idleHosts: 4, idleSeconds: 1 })
    const [one, four] = throughput as [(typeof throughput)[0], (typeof throughput)[0]]
    // On a machine that does other things, too; on a quiet one within 5 %.
    assert.ok(four.jobsPerS > 3 * one.jobsPerS, `${four.jobsPerS} and ${one.jobsPerS} jobs a second`)
    assert.ok(four.perJob.commands < 100, `${four.perJob.commands} commands`)
    assert.ok(idle.redisCommandsPerS > 0)
  })
})
