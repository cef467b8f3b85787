// What machines are told of the bot.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createMetrics } from '../src/bot/monitoring/metrics.ts'
import { UserError } from '../src/errors.ts'
import { type Health, serveHealth } from '../src/health.ts'
import type { Job } from '../src/jobs/job.ts'
import type { JobEvent } from '../src/jobs/scheduler.ts'

describe('health', () => {
  let health: Health
  let trouble: string[] = []
  let say: (event: JobEvent) => void = () => undefined
  const metrics = createMetrics()
  metrics.watch(
    {
      loadByPlatform: () => new Map([['room', { waiting: 3, running: 1 }]]),
      listen(listener) {
        say = listener
        return () => undefined
      },
    },
    {
      list: () => [
        {
          id: 'ada-1',
          name: 'ada',
          drained: false,
          devices: [
            { name: 'cuda:0', busy: true },
            { name: 'cuda:1', busy: false },
          ],
        },
      ],
    },
  )
  const get = async (path: string) => {
    const answer = await fetch(`${health.address}${path}`)
    return { status: answer.status, text: await answer.text() }
  }
  before(async () => {
    health = await serveHealth({ host: '127.0.0.1', port: 0, metrics, troubles: () => trouble })
  })
  after(() => health.close())

  test('lives whatever is wrong, and is ready only while nothing is', async () => {
    assert.deepEqual(await get('/readyz'), { status: 200, text: 'ready\n' })
    trouble = ['discord: no gateway', 'the disk is full']
    assert.deepEqual(await get('/readyz'), { status: 503, text: 'discord: no gateway\nthe disk is full\n' })
    assert.equal((await get('/healthz')).status, 200)
    trouble = []
  })

  test('counts answers, requests, ends and renders', async () => {
    metrics.observer.answered('room', 'animate', 'done', 40)
    metrics.observer.accepted('room')
    metrics.observer.edited('room')
    metrics.observer.callFailed('room', new Error('503'))
    metrics.observer.callFailed('room', Object.assign(new Error('wait'), { status: 429 }))
    const closing = { loop: 'closed', seam: 0.6 } as const
    const details = { format: 'webp', width: 64, height: 64, frames: 16, fps: 10, bytes: 5, closing, notes: [] } as const
    const job = { owner: { platform: 'room', space: 's', person: 'p' }, acceptedMs: 0, startedMs: 1000, attempts: 1 } as Job
    metrics.observer.ended({ ...job, state: 'done' }, 4000)
    say({ kind: 'state', job: { ...job, state: 'running' } })
    say({ kind: 'state', job: { ...job, state: 'done', endedMs: 3500, result: { blob: 'a.webp', details } } })
    const attempt = { host: 'ada-1', name: 'ada', run: 'job.1' }
    metrics.run({ kind: 'placed', ...attempt })
    metrics.run({ kind: 'lost', ...attempt, of: 'hung', how: 'no step for 120 s' })
    metrics.run({ kind: 'ended', ...attempt, device: 'cuda:0', renderMs: 2000, stepMs: [500, 500] })
    const { text } = await get('/metrics')
    for (const line of [
      'zoetrope_answer_seconds_count{platform="room",command="animate",outcome="done"} 1',
      'zoetrope_requests_total{platform="room"} 1',
      'zoetrope_request_seconds_sum{platform="room",end="done"} 4',
      'zoetrope_edits_total{platform="room"} 1',
      'zoetrope_drawing_seconds_sum{end="done"} 2.5',
      'zoetrope_loop_seam_ratio_bucket{le="0.75",loop="closed"} 1',
      'zoetrope_loop_seam_ratio_bucket{le="0.5",loop="closed"} 0',
      'zoetrope_jobs{platform="room",state="waiting"} 3',
      'zoetrope_jobs{platform="room",state="running"} 1',
      'zoetrope_queue_wait_seconds_sum{platform="room"} 1',
      'zoetrope_platform_failures_total{platform="room",rate_limited="true"} 1',
      'zoetrope_platform_failures_total{platform="room",rate_limited="false"} 1',
      'zoetrope_host_slots{host="ada",state="busy"} 1',
      'zoetrope_host_slots{host="ada",state="free"} 1',
      'zoetrope_runs_placed_total{host="ada"} 1',
      'zoetrope_runs_lost_total{host="ada",of="hung"} 1',
      'zoetrope_run_seconds_sum{host="ada",device="cuda:0"} 2',
      'zoetrope_run_step_seconds_count{host="ada",device="cuda:0"} 2',
    ]) {
      assert.ok(text.includes(line), line)
    }
    assert.match(text, /^process_resident_memory_bytes /m)
  })

  test('on a port that is taken says which setting mends it', async () => {
    const port = Number(new URL(health.address).port)
    await assert.rejects(
      serveHealth({ host: '127.0.0.1', port, metrics, troubles: () => [] }),
      (error: unknown) => error instanceof UserError && /HEALTH_PORT/.test(error.message),
    )
  })
})
