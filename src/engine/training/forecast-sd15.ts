// A forecast of motion training at Stable Diffusion 1.5's real size, with a new motion module: computed from the graph, nothing is run.

import { unetArchitecture } from '../checkpoint/architecture/architecture.ts'
import { motionArchitecture } from '../checkpoint/architecture/motion-architecture.ts'
import { type Named, partsOf } from '../checkpoint/dialects/parts.ts'
import type { Tensor } from '../checkpoint/tensor/tensor.ts'
import { flopsOf } from '../onnx/flops.ts'
import type { Model } from '../pipeline/model/model.ts'
import { officialModules, type Shapes, sd15UNet } from '../synthetic/sd15.ts'
import { cpu } from '../targets/cpu.ts'
import { trainingTarget } from '../targets/training.ts'
import { denoiserTraining } from './objectives/denoiser.ts'
import { checkpointingFor, type Recomputation } from './recompute.ts'
import { forecastMemory, type MemoryForecast } from './training-session.ts'

export interface Sd15Forecast {
  readonly memory: MemoryForecast
  /** Of a step of one clip. */
  readonly flops: number
}

/** @param side of a frame, in pixels */
export function forecastSd15(frames: number, side: number, recomputation: Recomputation): Sd15Forecast {
  const { unet, motion } = sd15WithMotion()
  const built = denoiserTraining({ unet, motion } as unknown as Model, trainingTarget(cpu()), {
    ...{ frames, h: side / 8, w: side / 8, tokens: 77 },
    trained: (name) => motion.tensors.has(name),
    ...checkpointingFor(recomputation),
  })
  return { memory: forecastMemory(built), flops: flopsOf(built.graph) }
}

function sd15WithMotion() {
  const unet = placeholders(sd15UNet())
  const file = {
    path: '',
    container: 'safetensors',
    tensors: placeholders(officialModules()),
    metadata: new Map<string, string>(),
  } as const
  const motion = partsOf(file).motion!
  return {
    unet: { tensors: unet, architecture: unetArchitecture(unet), file: '' },
    motion: { tensors: motion, architecture: motionArchitecture(motion, { peRows: 32 }), file: '' },
  }
}

/** Tensors without bytes: enough to write a graph from. */
const placeholders = (shapes: Shapes): Named =>
  new Map([...shapes].map(([name, shape]): [string, Tensor] => [name, { name, dtype: 'F16', shape, at: new Uint8Array() }]))
