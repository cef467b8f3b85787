// A watchdog: a render that has not been heard of for a multiple of what it should take has hung. What it should take is measured: for
// each model and size, on the machine that renders.

import type { JobProgress } from '../../jobs/renderer.ts'
import type { AnimationRequest } from '../../jobs/request.ts'

export interface WatchdogLimits {
  /** How many times as long as was measured. */
  readonly factor: number
  /** However fast it was. */
  readonly leastMs: number
  /** Where nothing was measured: to load a model for the first time, a step of an unknown size. */
  readonly unmeasuredMs: number
}

export const usualWatchdog: WatchdogLimits = { factor: 10, leastMs: 120_000, unmeasuredMs: 30 * 60_000 }

export interface Watchdog {
  /** Watches one render: `heard` with each progress, `end` when it is over, well or not. @param hung called once, with milliseconds of silence */
  watch(what: Watched, hung: (silentMs: number) => void): { heard(progress: Pick<JobProgress, 'stage'>): void; end(well: boolean): void }
}

/** What takes as long as each other. */
export interface Watched {
  readonly model: string
  readonly request: Pick<AnimationRequest, 'width' | 'height' | 'frames'>
}

/** A stage, or the wait for the first one. */
type Stage = JobProgress['stage'] | 'begin'

const mostKnown = 256

/** @param now milliseconds of any steady clock */
export function createWatchdog({ factor, leastMs, unmeasuredMs }: WatchdogLimits, now: () => number): Watchdog {
  /** The longest silence that ended well, by what was rendered and after which stage it fell. */
  const longest = new Map<string, number>()

  function learn(key: string, ms: number): void {
    const known = longest.get(key) ?? 0
    longest.delete(key)
    longest.set(key, Math.max(known, ms))
    if (longest.size > mostKnown) longest.delete(longest.keys().next().value!)
  }

  function allowedMs(key: string): number {
    const known = longest.get(key)
    return known === undefined ? unmeasuredMs : Math.max(leastMs, factor * known)
  }

  return {
    watch({ model, request: { width, height, frames } }, hung) {
      const keyOf = (stage: Stage): string => `${stage} ${model} ${width} ${height} ${frames}`
      let stage: Stage = 'begin'
      let sinceMs = now()
      let timer: NodeJS.Timeout
      arm()

      function arm(): void {
        const ms = allowedMs(keyOf(stage))
        timer = setTimeout(() => {
          // A process that stood still itself sees its timers first, and only then what it was told meanwhile.
          timer = setTimeout(() => hung(now() - sinceMs), Math.min(ms, graceMs))
        }, ms)
      }

      /** After `loading` a model is loaded the first time, and nothing afterwards: the longer one counts. */
      function over(well: boolean): void {
        clearTimeout(timer)
        if (well) learn(keyOf(stage), now() - sinceMs)
      }

      return {
        heard(progress) {
          over(true)
          stage = progress.stage
          sinceMs = now()
          arm()
        },
        end: over,
      }
    },
  }
}

const graceMs = 1000
