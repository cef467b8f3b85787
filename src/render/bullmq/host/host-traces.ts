// Traces of a GPU host: each run as a span under the one that the bot has named with its order.

import type { EndedSpan } from '../../../tracing.ts'
import type { HostEvent } from './order-runs.ts'

export interface HostTraces {
  event(event: HostEvent): void
}

/** @param record takes what is over @param nowMs since 1970 */
export function createHostTraces(host: string, record: (span: EndedSpan) => void, nowMs: () => number): HostTraces {
  const began = new Map<string, number>()
  return {
    event(event) {
      if (event.kind === 'lock-lost') return
      const { run, traceparent, kind } = event.order
      if (event.kind === 'taken') {
        began.set(run, nowMs())
        return
      }
      const startMs = began.get(run) ?? nowMs()
      began.delete(run)
      const [, traceId, parentId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(traceparent ?? '') ?? []
      if (traceId === undefined || parentId === undefined) return
      const { outcome, device } = event
      const attributes = { run, host, device, outcome: outcome.kind }
      const failure = outcome.kind === 'failed' ? { failure: outcome.failure.kind } : {}
      record({ name: kind, traceId, parentId, startMs, endMs: nowMs(), attributes, ...failure })
    },
  }
}
