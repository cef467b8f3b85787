// Metrics of the bot for Prometheus: how people are answered, how requests end, how much waits, what GPU hosts do.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { GpuHosts } from '../../chat/contract/gpu-hosts.ts'
import type { Observer } from '../../chat/observer.ts'
import type { Scheduler } from '../../jobs/scheduler.ts'
import type { RunEvent } from '../../render/bullmq/pool/runs/run-event.ts'
import { createRunMetrics } from './run-metrics.ts'

export interface Metrics {
  readonly observer: Observer
  /** What became of an attempt at a GPU host. */
  run(event: RunEvent): void
  watch(scheduler: Pick<Scheduler, 'loadByPlatform' | 'listen'>, hosts?: Pick<GpuHosts, 'list'>): void
  /** In Prometheus' text format. */
  text(): Promise<string>
  readonly contentType: string
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })

  const answers = new Histogram({
    name: 'zoetrope_answer_seconds',
    help: 'From hearing something to its answer',
    labelNames: ['platform', 'command', 'outcome'],
    buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
    registers,
  })
  const accepted = new Counter({
    name: 'zoetrope_requests_total',
    help: 'Requests that were accepted',
    labelNames: ['platform'],
    registers,
  })
  const ended = new Histogram({
    name: 'zoetrope_request_seconds',
    help: 'From accepting a request to showing its end',
    labelNames: ['platform', 'end'],
    buckets: [1, 3, 10, 30, 60, 180, 600, 1800, 3600],
    registers,
  })
  const edits = new Counter({ name: 'zoetrope_edits_total', help: 'Edits that showed progress', labelNames: ['platform'], registers })
  const failures = new Counter({
    name: 'zoetrope_platform_failures_total',
    help: 'Calls to a platform that failed; rate_limited: it asked to wait (429)',
    labelNames: ['platform', 'rate_limited'],
    registers,
  })
  const rendered = new Histogram({
    name: 'zoetrope_drawing_seconds',
    help: 'From beginning a drawing to its end',
    labelNames: ['end'],
    buckets: [1, 3, 10, 30, 60, 180, 600, 1800],
    registers,
  })
  const waited = new Histogram({
    name: 'zoetrope_queue_wait_seconds',
    help: 'From accepting a request to beginning it',
    labelNames: ['platform'],
    buckets: [0.1, 1, 3, 10, 30, 60, 180, 600, 1800, 3600],
    registers,
  })
  const seams = new Histogram({
    name: 'zoetrope_loop_seam_ratio',
    help: 'The step from the last frame to the first, over the largest between neighbours',
    labelNames: ['loop'],
    buckets: [0.5, 0.75, 1, 1.1, 1.3, 2, 4, 8],
    registers,
  })
  const restarts = new Counter({
    name: 'zoetrope_job_restarts_total',
    help: 'Requests that were begun again: the bot had ended while they ran',
    registers,
  })
  const runs = createRunMetrics(registry)

  return {
    run: runs.run,
    watch(scheduler, hosts) {
      new Gauge({
        name: 'zoetrope_jobs',
        help: 'Requests that wait or are being drawn',
        labelNames: ['platform', 'state'],
        registers,
        collect() {
          this.reset()
          for (const [platform, { waiting, running }] of scheduler.loadByPlatform()) {
            this.set({ platform, state: 'waiting' }, waiting)
            this.set({ platform, state: 'running' }, running)
          }
        },
      })
      scheduler.listen(({ kind, job }) => {
        if (kind !== 'state' || job.startedMs === undefined) return
        if (job.state === 'running' && job.attempts > 1) restarts.inc()
        else if (job.state === 'running') waited.observe({ platform: job.owner.platform }, (job.startedMs - job.acceptedMs) / 1000)
        if (job.endedMs !== undefined) rendered.observe({ end: job.state }, (job.endedMs - job.startedMs) / 1000)
        const closing = job.result?.details?.closing
        if (job.endedMs !== undefined && closing) seams.observe({ loop: closing.loop }, closing.seam)
      })
      if (hosts) runs.watch(hosts)
    },
    observer: {
      answered: (platform, command, outcome, ms) => answers.observe({ platform, command, outcome }, ms / 1000),
      accepted: (platform) => accepted.inc({ platform }),
      ended: ({ owner: { platform }, state, acceptedMs }, nowMs) => ended.observe({ platform, end: state }, (nowMs - acceptedMs) / 1000),
      edited: (platform) => edits.inc({ platform }),
      callFailed: (platform, error) => failures.inc({ platform, rate_limited: String(isRateLimited(error)) }),
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

/** As Discord's and Slack's clients say it. */
function isRateLimited(error: unknown): boolean {
  const { status, code } = (error ?? {}) as { readonly status?: unknown; readonly code?: unknown }
  return status === 429 || code === 'ratelimited'
}
