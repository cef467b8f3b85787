// Metrics for Prometheus: how people are answered, how requests end, how much waits.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Observer } from '../chat/observer.ts'
import type { Scheduler } from '../jobs/scheduler.ts'

export interface Metrics {
  readonly observer: Observer
  /** In Prometheus' text format. */
  text(): Promise<string>
  readonly contentType: string
}

export function createMetrics(scheduler: Pick<Scheduler, 'load' | 'listen'>): Metrics {
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
    help: 'Calls to a platform that failed',
    labelNames: ['platform'],
    registers,
  })
  const rendered = new Histogram({
    name: 'zoetrope_drawing_seconds',
    help: 'From beginning a drawing to its end',
    labelNames: ['end'],
    buckets: [1, 3, 10, 30, 60, 180, 600, 1800],
    registers,
  })
  new Gauge({
    name: 'zoetrope_jobs',
    help: 'Requests that wait or are being drawn',
    labelNames: ['state'],
    registers,
    collect() {
      const { waiting, running } = scheduler.load()
      this.set({ state: 'waiting' }, waiting)
      this.set({ state: 'running' }, running)
    },
  })
  const seams = new Histogram({
    name: 'zoetrope_loop_seam_ratio',
    help: 'The step from the last frame to the first, over the largest between neighbours',
    labelNames: ['loop'],
    buckets: [0.5, 0.75, 1, 1.1, 1.3, 2, 4, 8],
    registers,
  })
  scheduler.listen(({ kind, job }) => {
    if (kind !== 'state' || job.startedMs === undefined || job.endedMs === undefined) return
    const closing = job.result?.details?.closing
    if (closing) seams.observe({ loop: closing.loop }, closing.seam)
    rendered.observe({ end: job.state }, (job.endedMs - job.startedMs) / 1000)
  })

  return {
    observer: {
      answered: (platform, command, outcome, ms) => answers.observe({ platform, command, outcome }, ms / 1000),
      accepted: (platform) => accepted.inc({ platform }),
      ended: (platform, end, ms) => ended.observe({ platform, end }, ms / 1000),
      edited: (platform) => edits.inc({ platform }),
      callFailed: (platform) => failures.inc({ platform }),
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
