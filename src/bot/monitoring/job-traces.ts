// Traces of jobs: from the message to the post, told when the end has been shown. What a GPU host tells of the render hangs on it.

import type { Job } from '../../jobs/job.ts'
import { spanIdOf, traceIdOf } from '../../jobs/trace-context.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import type { EndedSpan, Tracing } from '../../tracing.ts'

/** @param job has ended @param toldMs when people saw it */
export function recordJob(tracing: Pick<Tracing, 'record'>, job: Job, toldMs: number): void {
  for (const span of spansOf(job, toldMs)) tracing.record(span)
}

export function spansOf({ id, owner, cost, state, attempts, acceptedMs, startedMs, endedMs, reason }: Job, toldMs: number): EndedSpan[] {
  const traceId = traceIdOf(id)
  const request = spanIdOf(id, 'request')
  const child = (name: string, startMs: number, endMs: number): EndedSpan => {
    return { name, traceId, parentId: request, startMs, endMs, attributes: { job: id } }
  }
  const failure = state === 'failed' ? (reason?.code ?? state) : undefined
  const ended = endedMs ?? toldMs
  const begun = startedMs ?? ended
  const attributes = { job: id, platform: owner.platform, end: state, cost, attempts }
  const root: EndedSpan = {
    name: 'request',
    traceId,
    spanId: request,
    startMs: acceptedMs,
    endMs: toldMs,
    attributes,
    ...omitUndefined({ failure }),
  }
  const render = { ...child('render', begun, ended), spanId: spanIdOf(id, 'render'), ...omitUndefined({ failure }) }
  return [root, child('queue', acceptedMs, begun), ...(startedMs === undefined ? [] : [render]), child('post', ended, toldMs)]
}
