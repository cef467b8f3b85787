// Metrics of a GPU host for Prometheus: what its devices do, how long it takes, what went wrong.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { GpuHost } from './gpu-host.ts'
import type { HostEvent } from './order-runs.ts'

export interface HostMetrics {
  event(event: HostEvent): void
  watch(host: Pick<GpuHost, 'state' | 'runs'>): void
  /** In Prometheus' text format. */
  text(): Promise<string>
  readonly contentType: string
}

export function createHostMetrics(name: string): HostMetrics {
  const registry = new Registry()
  const registers = [registry]
  registry.setDefaultLabels({ host: name })
  collectDefaultMetrics({ register: registry })
  const began = new Map<string, number>()

  const runs = new Counter({
    name: 'zoetrope_host_runs_total',
    help: 'Runs that ended, by what became of them',
    labelNames: ['device', 'outcome'],
    registers,
  })
  const busy = new Counter({
    name: 'zoetrope_host_busy_seconds_total',
    help: 'Seconds that a device was taken: its rate is the busy share',
    labelNames: ['device'],
    registers,
  })
  const rendered = new Histogram({
    name: 'zoetrope_host_render_seconds',
    help: 'Of a render, loading left out',
    labelNames: ['device'],
    buckets: [1, 3, 10, 30, 60, 180, 600, 1800],
    registers,
  })
  const steps = new Histogram({
    name: 'zoetrope_host_step_seconds',
    help: 'Of a denoising step',
    labelNames: ['device'],
    buckets: [0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
    registers,
  })
  const locks = new Counter({ name: 'zoetrope_host_lost_locks_total', help: 'Runs that were given to another host meanwhile', registers })

  return {
    event(event) {
      if (event.kind === 'lock-lost') return locks.inc()
      const { device, order } = event
      if (event.kind === 'taken') return void began.set(order.run, performance.now())
      const { outcome } = event
      runs.inc({ device, outcome: outcome.kind })
      busy.inc({ device }, (performance.now() - (began.get(order.run) ?? performance.now())) / 1000)
      began.delete(order.run)
      if (outcome.kind !== 'done') return
      rendered.observe({ device }, outcome.renderMs / 1000)
      for (const ms of outcome.stepMs) steps.observe({ device }, ms / 1000)
    },
    watch(host) {
      new Gauge({
        name: 'zoetrope_host_runs',
        help: 'Runs under way',
        registers,
        collect() {
          this.set(host.runs().length)
        },
      })
      new Gauge({
        name: 'zoetrope_host_up',
        help: 'Whether it takes work',
        registers,
        collect() {
          this.set(host.state() === 'up' ? 1 : 0)
        },
      })
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
