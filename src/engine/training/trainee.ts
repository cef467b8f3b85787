// A trainee: what of a model is trained, what it is at the start, and the file that it becomes.

import type { TensorToWrite } from '../checkpoint/safetensors/write-safetensors.ts'
import type { Model } from '../pipeline/model/model.ts'
import type { Feeds } from '../runtime/session.ts'
import type { DenoiserTraining } from './denoiser.ts'
import type { Parameter } from './parameters.ts'

export interface Trainee extends Pick<DenoiserTraining, 'trained' | 'adapterRank'> {
  /** With the module that is trained in its place. */
  readonly model: Pick<Model, 'unet' | 'motion' | 'text'>
  /** Whether it learns from clips, or from stills. */
  readonly moves: boolean
  /** @param parameter of the training graph */
  start(parameter: Parameter): Float32Array
  /** The same at every example. */
  readonly feeds: Feeds
  /** @param read the values of a parameter, by name */
  written(read: (name: string) => Float32Array): WrittenTrainee
}

export interface WrittenTrainee {
  readonly tensors: readonly TensorToWrite[]
  /** What its readers need to know besides. */
  readonly metadata: ReadonlyMap<string, string>
  /** A MotionAdapter's config.json, which has what its tensors do not tell. */
  readonly config?: Readonly<Record<string, unknown>>
}

/** Types that trained weights are written in. */
export const writtenTypes = ['float16', 'float32'] as const
export type WrittenType = (typeof writtenTypes)[number]

export function tensorToWrite(name: string, shape: readonly number[], values: Float32Array, type: WrittenType): TensorToWrite {
  const array = type === 'float16' ? Float16Array.from(values) : values
  return {
    name,
    dtype: type === 'float16' ? 'F16' : 'F32',
    shape,
    bytes: new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
  }
}
