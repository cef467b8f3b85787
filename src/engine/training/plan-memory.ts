// How much of the forward pass is kept: everything if that fits into memory, less and less otherwise; foretold from the graph, before anything
// is loaded.

import { UserError } from '../errors.ts'
import { checkpointingFor, type Recomputation, recomputations } from './recompute.ts'
import type { TrainingGraph, TrainingOptions } from './training-graph.ts'
import { forecastMemory, type MemoryForecast } from './training-session.ts'

export interface MemoryPlan {
  readonly built: TrainingGraph
  readonly recomputation: Recomputation
  readonly forecast: MemoryForecast
}

/** @throws UserError `train-memory` where it does not fit, however little is kept */
export function planMemory(
  build: (checkpointing: Pick<TrainingOptions, 'checkpointing'>) => TrainingGraph,
  availableBytes: number,
  among: readonly Recomputation[] = recomputations,
): MemoryPlan {
  let least: MemoryForecast | undefined
  for (const recomputation of among) {
    const built = build(checkpointingFor(recomputation))
    const forecast = forecastMemory(built)
    if (forecast.totalBytes <= availableBytes) return { built, recomputation, forecast }
    least = forecast
  }
  const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`
  throw new UserError(
    'train-memory',
    `A step of this training takes ${gib(least!.totalBytes)} of memory, and ${gib(availableBytes)} are free: ask for a smaller --size or fewer --frames.`,
    { neededBytes: least!.totalBytes, availableBytes },
  )
}
