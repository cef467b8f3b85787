// Timestep spacing: which of the 1000 training steps are taken when only a few are. Lin et al. (2024), table 2, with diffusers' rounding.

import type { Spacing } from '../draw-settings.ts'
import { trainSteps } from './betas.ts'

/**
 * `steps` timesteps, descending. `leading` counts up from 0 (+ offset) and never quite starts at pure noise; `linspace` takes both ends;
 * `trailing` counts down from the last. `stepsOffset` is added to leading ones (1 in every SD v1 configuration); linspace gives fractions.
 */
export function timestepsOf(spacing: Spacing, steps: number, stepsOffset: number): number[] {
  switch (spacing) {
    case 'leading': {
      const stride = Math.floor(trainSteps / steps)
      return descending(steps, (i) => i * stride + stepsOffset)
    }
    case 'linspace':
      return descending(steps, (i) => (steps === 1 ? 0 : (i * (trainSteps - 1)) / (steps - 1)))
    case 'trailing':
      return descending(steps, (i) => roundHalfToEven(((i + 1) * trainSteps) / steps) - 1)
  }
}

/** The same for the DPM-Solvers, which lay out one point more and leave the lowest away: the last step goes from there to 0. */
export function solverTimestepsOf(spacing: Spacing, steps: number, stepsOffset: number): number[] {
  switch (spacing) {
    case 'leading': {
      const stride = Math.floor(trainSteps / (steps + 1))
      return descending(steps, (i) => (i + 1) * stride + stepsOffset)
    }
    case 'linspace':
      return descending(steps, (i) => roundHalfToEven(((i + 1) * (trainSteps - 1)) / steps))
    case 'trailing':
      return timestepsOf(spacing, steps, stepsOffset)
  }
}

/** As NumPy rounds: a half goes to the even neighbour, or lists of 16 steps differ from everybody's. */
export function roundHalfToEven(x: number): number {
  const down = Math.floor(x)
  if (x - down !== 0.5) return Math.round(x)
  return down % 2 === 0 ? down : down + 1
}

const descending = (steps: number, at: (i: number) => number): number[] => Array.from({ length: steps }, (_, i) => at(steps - 1 - i))
