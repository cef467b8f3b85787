// Metrics of GPU hosts, as the bot sees them: what was given to whom, how long it took, what was lost.

import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { GpuHosts } from '../../chat/contract/gpu-hosts.ts'
import type { RunEvent } from '../../render/bullmq/pool/runs/run-event.ts'

export interface RunMetrics {
  run(event: RunEvent): void
  watch(hosts: Pick<GpuHosts, 'list'>): void
}

export function createRunMetrics(registry: Registry): RunMetrics {
  const registers = [registry]
  const placed = new Counter({ name: 'zoetrope_runs_placed_total', help: 'Attempts given to a GPU host', labelNames: ['host'], registers })
  const lost = new Counter({
    name: 'zoetrope_runs_lost_total',
    help: 'Attempts that were begun and came to nothing, each made up for once: its host was lost, its process ended, or it hung',
    labelNames: ['host', 'of'],
    registers,
  })
  const handedBack = new Counter({
    name: 'zoetrope_runs_handed_back_total',
    help: 'Attempts that a GPU host gave back: it stops, or could not get a file',
    labelNames: ['host'],
    registers,
  })
  const rendered = new Histogram({
    name: 'zoetrope_run_seconds',
    help: 'Of a render on a GPU host, loading left out',
    labelNames: ['host', 'device'],
    buckets: [1, 3, 10, 30, 60, 180, 600, 1800],
    registers,
  })
  const steps = new Histogram({
    name: 'zoetrope_run_step_seconds',
    help: 'Of a denoising step on a GPU host',
    labelNames: ['host', 'device'],
    buckets: [0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
    registers,
  })

  return {
    run(event) {
      const { name: host } = event
      if (event.kind === 'placed') placed.inc({ host })
      else if (event.kind === 'lost') lost.inc({ host, of: event.of })
      else if (event.kind === 'handed-back') handedBack.inc({ host })
      else if (event.kind === 'ended' && event.device !== undefined) {
        const { device, renderMs = 0, stepMs = [] } = event
        rendered.observe({ host, device }, renderMs / 1000)
        for (const ms of stepMs) steps.observe({ host, device }, ms / 1000)
      }
    },
    watch(hosts) {
      new Gauge({
        name: 'zoetrope_host_slots',
        help: 'Devices of GPU hosts, by what they do: their sum is the capacity',
        labelNames: ['host', 'state'],
        registers,
        collect() {
          this.reset()
          for (const { name: host, drained, devices } of hosts.list()) {
            for (const { busy } of devices) this.inc({ host, state: busy ? 'busy' : drained ? 'drained' : 'free' })
          }
        },
      })
    },
  }
}
