// One drawing under way: for which jobs, how far it has got, and how much longer it will take.

import type { Job } from './job.ts'

export interface Drawing {
  /** As `drawingKey` gives it. */
  readonly key: string
  /** Running jobs that end with it; none once all were cancelled. */
  readonly ids: Set<string>
  readonly abort: AbortController
  readonly startedMs: number
  /** The job that was served; its request is what is drawn, also when it was cancelled itself. */
  readonly lead: Job
  first?: Mark
  last?: Mark
  /** Never rejects. */
  settled: Promise<void>
}

/** When a step was reported. */
interface Mark {
  readonly step: number
  readonly of: number
  readonly atMs: number
}

export function mark(drawing: Drawing, { step, of }: { readonly step: number; readonly of: number }, nowMs: number): void {
  if (step < 1 || (drawing.last && step <= drawing.last.step)) return
  drawing.last = { step, of, atMs: nowMs }
  drawing.first ??= drawing.last
}

/**
 * The larger of what the estimate leaves and what the steps so far foretell: a machine that has become slower shows at once,
 * and what comes after the last step is not forgotten.
 *
 * @param expectedMs of the whole drawing, where something has been measured
 */
export function leftMs({ startedMs, first, last }: Drawing, expectedMs: number | undefined, nowMs: number): number | undefined {
  const bySteps =
    first && last && last.step > first.step
      ? ((last.atMs - first.atMs) / (last.step - first.step)) * (last.of - last.step) - (nowMs - last.atMs)
      : undefined
  if (expectedMs === undefined && bySteps === undefined) return undefined
  return Math.max(0, expectedMs === undefined ? 0 : expectedMs - (nowMs - startedMs), bySteps ?? 0)
}

/** From 0 to 1. */
export function doneShare({ last }: Drawing): number {
  return last ? last.step / last.of : 0
}
