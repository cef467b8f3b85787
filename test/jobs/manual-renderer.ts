// A manual renderer: renders what it is told when it is told, in as many slots as it is told. The GPU of these tests.

import type { Clock } from '../../src/clock.ts'
import { type Capacity, fixedCapacity } from '../../src/jobs/capacity.ts'
import type { Job } from '../../src/jobs/job.ts'
import type { JobRenderer, RenderResult } from '../../src/jobs/renderer.ts'

export interface ManualRenderer extends JobRenderer {
  /** What is being rendered, in the order in which it was begun; aborted ones until they are let go. */
  readonly active: readonly ManualRender[]
  /** Every job that was handed in, in that order. */
  readonly begun: readonly Job[]
  setCapacity(slots: number): void
  /** How many listen to the capacity. */
  listeners(): number
}

export interface ManualRender {
  readonly job: Job
  readonly signal: AbortSignal
  readonly progress: (step: number, of: number) => void
  finish(renderMs?: number): void
  fail(error: Error): void
}

/** @param aborted what an aborted render does: it stops at once, or goes on until it is finished or failed by hand */
export function createManualRenderer(slots: number, aborted: 'stops' | 'goes on' = 'stops'): ManualRenderer {
  const active: ManualRender[] = []
  const begun: Job[] = []
  return {
    ...manualCapacity(slots),
    active,
    begun,
    render(job, { signal, onProgress }) {
      begun.push(job)
      return new Promise<RenderResult>((resolve, reject) => {
        const leave = () => void active.splice(active.indexOf(render), 1)
        const render: ManualRender = {
          job,
          signal,
          progress: (step, of) => onProgress({ stage: 'denoising', step, of }),
          finish(renderMs = 1) {
            leave()
            resolve({ result: resultOf(job), renderMs })
          },
          fail(error) {
            leave()
            reject(error)
          },
        }
        active.push(render)
        const stop = () => render.fail(signal.reason as Error)
        if (aborted === 'goes on') return
        if (signal.aborted) stop()
        else signal.addEventListener('abort', () => active.includes(render) && stop())
      })
    },
  }
}

function manualCapacity(initial: number): Capacity & Pick<ManualRenderer, 'setCapacity' | 'listeners'> {
  const listeners = new Set<() => void>()
  let slots = initial
  return {
    capacity: () => slots,
    onCapacity(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    setCapacity(now) {
      slots = now
      for (const listener of listeners) listener()
    },
    listeners: () => listeners.size,
  }
}

/** A renderer that takes the same time for every unit of cost. */
export function createPacedRenderer(slots: number, msPerCost: number, clock: Clock): JobRenderer & { readonly begun: readonly Job[] } {
  const begun: Job[] = []
  return {
    ...fixedCapacity(slots),
    begun,
    render(job, { signal }) {
      begun.push(job)
      return new Promise((resolve, reject) => {
        const renderMs = job.cost * msPerCost
        const cancelTimer = clock.after(renderMs, () => resolve({ result: resultOf(job), renderMs }))
        signal.addEventListener('abort', () => {
          cancelTimer()
          reject(signal.reason as Error)
        })
      })
    },
  }
}

/** Names the job that was rendered, as its blob. */
export function resultOf({ id, request: { width, height, frames, fps } }: Job): Required<RenderResult['result']> {
  const closing = { loop: 'closed', seam: 0.75 } as const
  return { blob: `${id}.webp`, details: { format: 'webp', width, height, frames, fps, bytes: 5, closing, notes: [] } }
}
