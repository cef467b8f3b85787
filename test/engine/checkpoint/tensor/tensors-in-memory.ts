// Files of tensors that were never written: names and shapes for what is recognized by them, values where something is computed.

import { type DType, elementsOf, type Tensor, type TensorFile, tensorOf } from '../../../../src/engine/checkpoint/tensor/tensor.ts'

/** A shape alone lies in a file that does not exist: whoever reads it fails. */
export type Content = readonly number[] | Tensor

export function fileOf(
  contents: Readonly<Record<string, Content>> | Iterable<readonly [string, Content]>,
  { path = '/models/some.safetensors', metadata = {} }: { path?: string; metadata?: Readonly<Record<string, string>> } = {},
): TensorFile {
  const entries = Symbol.iterator in contents ? [...contents] : Object.entries(contents)
  return {
    path,
    container: 'safetensors',
    tensors: new Map(entries.map(([name, content]) => [name, 'dtype' in content ? { ...content, name } : shapeOnly(name, content)])),
    metadata: new Map(Object.entries(metadata)),
  }
}

export const shapeOnly = (name: string, shape: readonly number[], dtype: DType = 'F16'): Tensor => ({
  name,
  dtype,
  shape,
  at: { file: '/models/some.safetensors', offset: 0 },
})

/** float32 values of this shape, from a generator that gives the same ones every time. */
export function values(shape: readonly number[], seed = 1): Tensor {
  let state = seed
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  }
  for (let i = 0; i < 4; i++) next()
  return tensorOf('', shape, Float32Array.from({ length: elementsOf(shape) }, next))
}

export const scalar = (value: number): Tensor => tensorOf('', [], Float32Array.of(value))
