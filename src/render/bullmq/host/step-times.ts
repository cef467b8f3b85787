// Step times (exponential moving average): how long a denoising step took on this machine, by model and size.

export interface StepTime {
  /** Its nets, as `modelKeysOf` names them. */
  readonly model: string
  readonly width: number
  readonly height: number
  readonly frames: number
  readonly stepMs: number
}

export interface StepTimes {
  learn(what: Omit<StepTime, 'stepMs'>, stepMs: readonly number[]): void
  all(): readonly StepTime[]
}

/** The weight of the newest measurement. */
const newest = 0.25
const most = 32

export function createStepTimes(): StepTimes {
  const times = new Map<string, StepTime>()
  return {
    learn({ model, width, height, frames }, stepMs) {
      if (stepMs.length === 0) return
      // The first step may have waited for something to be loaded; half of the steps were no slower than the median.
      const measured = stepMs.toSorted((a, b) => a - b)[Math.floor(stepMs.length / 2)]!
      const key = `${model} ${width} ${height} ${frames}`
      const known = times.get(key)?.stepMs ?? measured
      times.delete(key)
      times.set(key, { model, width, height, frames, stepMs: known + newest * (measured - known) })
      if (times.size > most) times.delete(times.keys().next().value!)
    },
    all: () => [...times.values()],
  }
}
