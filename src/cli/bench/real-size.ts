// Measures the real size: Stable Diffusion 1.5 and a motion module with random weights, loaded as any person's files.

import { join } from 'node:path'
import { drawingMemory, openModel, syntheticSd15, targetsFor } from '../../engine/index.ts'
import { inBytes, type Print } from '../terminal/plain-text.ts'
import { measureInChild } from './child-measurement.ts'
import { atLeast, atMost, gib, type Measurement, seconds } from './measurement.ts'
import type { RealSizeResult, RealSizeTask } from './real-size-process.ts'

export interface RealSizeOptions {
  readonly dir: string
  readonly winograd: boolean
  readonly motion: 'v2' | 'v3'
  readonly steps: number
  readonly threads?: number
}

export const writing = (path: string, bytes: number): string => `writing ${inBytes(bytes)} of random weights to ${path}`

/** With Winograd's form, and without. */
const wantedRatio = { true: 0.95, false: 0.75 } as const

export async function* measureRealSize(
  { dir, winograd, motion, steps, ...threads }: RealSizeOptions,
  print: Print,
): AsyncGenerator<Measurement> {
  const { checkpoint, motion: modules } = syntheticSd15(dir, { onWrite: (path, bytes) => print(writing(path, bytes)) })
  const model = openModel({ checkpoint, motion: modules[motion] })
  const card = targetsFor('cuda', { type: 'float16', fused: new Set(['self', 'cross', 'temporal']) })
  for (const side of [256, 512]) {
    const { weightBytes, valueBytes } = drawingMemory(model, { frames: 16, width: side, height: side }, card)
    yield { what: `foretold for CUDA, 16 frames of ${side}×${side}`, got: gib(weightBytes + valueBytes) }
  }
  const common = { cacheDir: join(dir, 'cache'), winograd, steps, ...threads }
  const animation: RealSizeTask = { ...common, files: { checkpoint, motion: modules[motion] }, frames: 16, side: 256 }
  const still: RealSizeTask = { ...common, files: { checkpoint }, frames: 1, side: 512 }

  const first = await measured({ ...animation, steps: 1 })
  for (const note of first.notes) print(note)
  yield { what: 'loading, first start', got: seconds(first.loadedS) }
  yield { what: 'first step done, first start', got: seconds(first.firstStepS) }
  yield { what: 'most memory, first start', got: gib(first.peakBytes) }

  const moving = await measured(animation)
  yield atMost('loading, second start', moving.loadedS, 3, seconds)
  yield { what: 'first step done, second start', got: seconds(moving.firstStepS) }
  yield* stepMeasurements('16 frames of 256×256', moving, winograd)
  yield atMost('most memory, 16 frames', moving.stepPeakBytes, 9 * 2 ** 30, gib)
  yield { what: 'VAE, a frame of 256×256', got: seconds(moving.vaeFrameS) }
  yield { what: 'most memory, 16 frames with the VAE', got: gib(moving.peakBytes) }

  await measured({ ...still, steps: 1 }) // computes what only this size needs
  const picture = await measured(still)
  yield* stepMeasurements('1 frame of 512×512', picture, winograd)
  yield { what: 'VAE, a frame of 512×512', got: seconds(picture.vaeFrameS) }
  yield { what: 'most memory, 512×512 with the VAE', got: gib(picture.peakBytes) }
}

function* stepMeasurements(
  size: string,
  { stepS, stepGflops, referenceGflops, ratio }: RealSizeResult,
  winograd: boolean,
): Generator<Measurement> {
  yield { what: `a step, ${size}`, got: seconds(stepS) }
  yield { what: `GFLOP/s of it (${Math.round(stepGflops)} GFLOP in the direct form)`, got: (stepGflops / stepS).toFixed(0) }
  yield { what: 'GFLOP/s of a product of 2048 × 2048 before and after', got: referenceGflops.toFixed(0) }
  yield atLeast('the one by the other', ratio, wantedRatio[`${winograd}`])
}

const measured = (task: RealSizeTask): Promise<RealSizeResult> => measureInChild('real-size-process.ts', task)
