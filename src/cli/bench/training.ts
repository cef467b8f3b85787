// What training costs: a step of motion training by a forward pass and in memory, at the small size; and what the real size is foretold to take.

import { forecastSd15, recomputations } from '../../engine/train.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { measureInChild } from './child-measurement.ts'
import { atMost, gib, type Measurement, seconds } from './measurement.ts'
import type { TrainingResult, TrainingTask } from './training-process.ts'

const times = 5

export async function* measureTraining({ threads }: { readonly threads?: number }): AsyncGenerator<Measurement> {
  const measured = (task: Omit<TrainingTask, 'times' | 'threads'>): Promise<TrainingResult> =>
    measureInChild('training-process.ts', { ...task, times, ...omitUndefined({ threads }) })
  const drawing = await measured({ draws: true })
  yield { what: 'most memory, a forward pass of 16 frames', got: gib(drawing.peakBytes) }
  for (const recomputation of recomputations) {
    const { ratio, stepS } = await measured({ draws: true, recomputation })
    yield { what: `a step of motion training, recomputation ${recomputation}`, got: seconds(stepS) }
    const what = 'by the forward passes before and after it'
    yield recomputation === 'full' ? { what, got: ratio.toFixed(2) } : atMost(what, ratio, 3.3, (value) => value.toFixed(2))
    const { peakBytes } = await measured({ draws: false, recomputation })
    const share = peakBytes / drawing.peakBytes
    const memory = "most memory, by a forward pass's"
    yield recomputation === 'none' ? { what: memory, got: share.toFixed(2) } : atMost(memory, share, 2.5, (value) => value.toFixed(2))
  }
  yield* foretold()
}

/** Stable Diffusion 1.5 with a v3 motion module, 16 frames of 256×256: computed from the graph, nothing is run. */
function* foretold(): Generator<Measurement> {
  const { memory, flops } = forecastSd15(16, 256, 'full')
  const { frozenBytes, stateBytes, valueBytes, totalBytes } = memory
  yield { what: 'TFLOP of a step at the real size, 16 frames of 256×256', got: (flops / 1e12).toFixed(1) }
  yield { what: 'memory foretold: frozen weights, mapped from files', got: gib(frozenBytes) }
  yield { what: 'memory foretold: trained weights and two moments', got: gib(stateBytes) }
  yield { what: 'memory foretold: values of a run', got: gib(valueBytes) }
  yield atMost('memory foretold, all', totalBytes, 16 * 2 ** 30, gib)
}
