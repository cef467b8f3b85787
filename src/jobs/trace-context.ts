// The trace context of a job (W3C Trace Context): its ids follow from the job's own, so that bot, GPU hosts and the next start of the bot
// tell of one trace without handing anything over.

import { createHash } from 'node:crypto'

/** Spans that others hang on. */
export type TracedSpan = 'request' | 'render'

/** 16 bytes in hexadecimal. */
export function traceIdOf(job: string): string {
  return digest(`trace ${job}`, 16)
}

/** 8 bytes in hexadecimal. */
export function spanIdOf(job: string, span: TracedSpan): string {
  return digest(`${span} ${job}`, 8)
}

/** Of what is rendered: sampled, version 00. */
export function traceparentOf(job: string): string {
  return `00-${traceIdOf(job)}-${spanIdOf(job, 'render')}-01`
}

function digest(text: string, bytes: number): string {
  return createHash('sha256')
    .update(text)
    .digest('hex')
    .slice(0, 2 * bytes)
}
