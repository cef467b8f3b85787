// An active render: for which jobs, how far it has got, and how much longer it will take.

import type { Job } from '../job.ts'

export interface ActiveRender {
  /** As `renderKey` gives it. */
  readonly key: string
  /** Running jobs that end with it; none once all were cancelled. */
  readonly ids: Set<string>
  readonly abort: AbortController
  /** Of a clock that nobody sets, as all times here. */
  readonly startedMs: number
  /** The job that was served; its request is what is rendered, also when it was cancelled itself. */
  readonly lead: Job
  /** It was reported that no step has been made yet: models are loaded, which no estimate knows of. */
  preparing?: true
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

export function recordStep(render: ActiveRender, { step, of }: { readonly step: number; readonly of: number }, nowMs: number): void {
  if (step < 1) render.preparing = true
  if (step <= (render.last?.step ?? 0)) return
  render.last = { step, of, atMs: nowMs }
  render.first ??= render.last
}

/**
 * The larger of what the estimate leaves and what the steps so far foretell: a machine that has become slower shows at once,
 * and what comes after the last step is not forgotten.
 *
 * @param expectedMs of the whole render, where something has been measured
 */
export function leftMs(render: ActiveRender, expectedMs: number | undefined, nowMs: number): number | undefined {
  const bySteps = leftBySteps(render, nowMs)
  if (expectedMs === undefined) return bySteps
  return Math.max(0, beganMs(render, expectedMs, nowMs) + expectedMs - nowMs, bySteps ?? 0)
}

/** When it would have begun if there had been nothing to prepare. */
function beganMs({ startedMs, preparing, first }: ActiveRender, expectedMs: number, nowMs: number): number {
  if (!preparing) return startedMs
  return first ? first.atMs - (expectedMs * first.step) / first.of : nowMs
}

function leftBySteps({ first, last }: ActiveRender, nowMs: number): number | undefined {
  if (!first || !last || last.step === first.step) return undefined
  const msPerStep = (last.atMs - first.atMs) / (last.step - first.step)
  return Math.max(0, msPerStep * (last.of - last.step) - (nowMs - last.atMs))
}

/** From 0 to 1. */
export function doneShare({ last }: ActiveRender): number {
  return last ? last.step / last.of : 0
}
