// A drawer that draws what it is told when it is told: the GPU of these tests.

import type { Clock } from '../../src/clock.ts'
import type { Job } from '../../src/jobs/job.ts'
import type { JobRenderer, RenderResult } from '../../src/jobs/renderer.ts'

export interface Easel extends JobRenderer {
  /** What is being drawn, in the order in which it was begun; aborted ones until they are let go. */
  readonly under: readonly Sheet[]
  /** Every job that was handed in, in that order. */
  readonly begun: readonly Job[]
}

export interface Sheet {
  readonly job: Job
  readonly signal: AbortSignal
  readonly progress: (step: number, of: number) => void
  finish(drawMs?: number): void
  fail(error: Error): void
}

/** @param aborted what an aborted drawing does: it stops at once, or draws on until it is finished or failed by hand */
export function createEasel(slots: number, aborted: 'stops' | 'draws on' = 'stops'): Easel {
  const under: Sheet[] = []
  const begun: Job[] = []
  return {
    slots,
    under,
    begun,
    draw(job, { signal, onProgress }) {
      begun.push(job)
      return new Promise<RenderResult>((resolve, reject) => {
        const leave = () => void under.splice(under.indexOf(sheet), 1)
        const sheet: Sheet = {
          job,
          signal,
          progress: (step, of) => onProgress({ stage: 'denoising', step, of }),
          finish(drawMs = 1) {
            leave()
            resolve({ result: resultOf(job), drawMs })
          },
          fail(error) {
            leave()
            reject(error)
          },
        }
        under.push(sheet)
        const stop = () => sheet.fail(signal.reason as Error)
        if (aborted === 'draws on') return
        if (signal.aborted) stop()
        else signal.addEventListener('abort', () => under.includes(sheet) && stop())
      })
    },
  }
}

/** A drawer that takes the same time for every unit of cost. */
export function createPacer(slots: number, msPerCost: number, clock: Clock): JobRenderer & { readonly begun: readonly Job[] } {
  const begun: Job[] = []
  return {
    slots,
    begun,
    draw(job, { signal }) {
      begun.push(job)
      return new Promise((resolve, reject) => {
        const drawMs = job.cost * msPerCost
        const callOff = clock.after(drawMs, () => resolve({ result: resultOf(job), drawMs }))
        signal.addEventListener('abort', () => {
          callOff()
          reject(signal.reason as Error)
        })
      })
    },
  }
}

export function resultOf({ id }: Job): RenderResult['result'] {
  return { blob: `${id}.webp`, details: { drawn: id } }
}
