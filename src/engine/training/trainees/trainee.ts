// A trainee: what of a model is trained, to what end, what it is at the start, and the files that it becomes.

import { join } from 'node:path'
import type { Named } from '../../checkpoint/dialects/parts.ts'
import type { TensorToWrite } from '../../checkpoint/safetensors/write-safetensors.ts'
import { bytesOf } from '../../checkpoint/tensor/tensor.ts'
import type { Objective } from '../objectives/objective.ts'
import type { Parameter } from '../parameters.ts'

export interface Trainee {
  /** Whether it learns from clips, or from stills. */
  readonly moves: boolean
  readonly objective: Objective
  /** @param parameter of the training graph */
  start(parameter: Parameter): Float32Array
  /** @param read the values of a parameter, by name; undefined for what the graph does not read, which stays as it was */
  written(read: ReadParameter): WrittenTrainee
}

export type ReadParameter = (name: string) => Float32Array | undefined

/** A file of it; `path` within its folder, empty where it is one file. */
export type WrittenFile = { readonly path: string } & (
  | {
      readonly tensors: readonly TensorToWrite[]
      /** What its readers need to know besides. */
      readonly metadata: ReadonlyMap<string, string>
    }
  | { readonly text: string }
)

export type WrittenTrainee = readonly WrittenFile[]

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

/** A net as diffusers and transformers save one: its tensors, and the configuration that they do not tell. */
export function netFolder(
  folder: string,
  tensors: readonly TensorToWrite[],
  config: Readonly<Record<string, unknown>>,
  stem: 'diffusion_pytorch_model' | 'model' = 'diffusion_pytorch_model',
): WrittenFile[] {
  return [
    { path: join(folder, `${stem}.safetensors`), tensors, metadata: new Map([['format', 'pt']]) },
    { path: join(folder, 'config.json'), text: json(config) },
  ]
}

export const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** A net's tensors under our names: those that were trained, and the others as they lay. */
export const netToWrite = (tensors: Named, read: ReadParameter, type: WrittenType, prefix = ''): TensorToWrite[] =>
  [...tensors].map(([name, tensor]) => {
    const values = read(`${prefix}${name}`)
    const { dtype, shape } = tensor
    return values ? tensorToWrite(name, shape, values, type) : { name, dtype, shape, bytes: () => bytesOf(tensor) }
  })
