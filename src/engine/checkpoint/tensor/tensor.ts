// A tensor as it lies in somebody's file: a name, a type, a shape and where its bytes are.
// Files are not copied: graphs point at these bytes, and only what has to be computed is read.

import { closeSync, openSync, readSync } from 'node:fs'
import { e4m3, e5m2 } from './float8.ts'

/** Element types as safetensors names them. */
export type DType = 'F64' | 'F32' | 'F16' | 'BF16' | 'F8_E4M3' | 'F8_E5M2' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL'

export const bytesPerElement: Readonly<Record<DType, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
}

/** Contiguous little-endian elements in a file. `file` is absolute and free of symbolic links, as ONNX Runtime wants it. */
export interface TensorLocation {
  readonly file: string
  readonly offset: number
}

/** `at` is a place in a file, or the bytes themselves where they had to be computed (a strided view in a pickle, a merged LoRA). */
export interface Tensor {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly at: TensorLocation | Uint8Array
}

/** A file of tensors, opened: every tensor in it by its own name, and the strings that came with it. */
export interface TensorFile {
  readonly path: string
  readonly container: 'safetensors' | 'torch-zip' | 'torch-legacy'
  readonly tensors: ReadonlyMap<string, Tensor>
  readonly metadata: ReadonlyMap<string, string>
}

export const elementsOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1)

export const byteLengthOf = (tensor: Pick<Tensor, 'dtype' | 'shape'>): number => elementsOf(tensor.shape) * bytesPerElement[tensor.dtype]

/** The raw little-endian bytes; reads the file when they are not in memory. */
export function bytesOf(tensor: Tensor): Uint8Array {
  if (tensor.at instanceof Uint8Array) return tensor.at
  const bytes = new Uint8Array(byteLengthOf(tensor))
  const fd = openSync(tensor.at.file, 'r')
  try {
    for (let done = 0; done < bytes.length; ) {
      const n = readSync(fd, bytes, done, Math.min(bytes.length - done, 1 << 30), tensor.at.offset + done)
      if (n === 0) throw new Error(`${tensor.at.file} ended inside tensor ${tensor.name}`)
      done += n
    }
  } finally {
    closeSync(fd)
  }
  return bytes
}

/** The values as float32, whatever float or integer type they are stored in. */
export function float32Of(tensor: Tensor): Float32Array {
  const bytes = bytesOf(tensor)
  const n = elementsOf(tensor.shape)
  const { buffer, byteOffset } = bytes.byteOffset % bytesPerElement[tensor.dtype] === 0 ? bytes : bytes.slice()
  switch (tensor.dtype) {
    case 'F32':
      return new Float32Array(buffer, byteOffset, n)
    case 'F64':
      return Float32Array.from(new Float64Array(buffer, byteOffset, n))
    case 'F16':
      return Float32Array.from(new Float16Array(buffer, byteOffset, n))
    case 'BF16': {
      const high = new Uint16Array(buffer, byteOffset, n)
      const bits = new Uint32Array(n)
      for (let i = 0; i < n; i++) bits[i] = high[i]! << 16
      return new Float32Array(bits.buffer)
    }
    case 'F8_E4M3':
    case 'F8_E5M2': {
      const table = tensor.dtype === 'F8_E4M3' ? e4m3 : e5m2
      return Float32Array.from(bytes, (code) => table[code]!)
    }
    case 'I64':
      return Float32Array.from(new BigInt64Array(buffer, byteOffset, n), Number)
    case 'I32':
      return Float32Array.from(new Int32Array(buffer, byteOffset, n))
    case 'I16':
      return Float32Array.from(new Int16Array(buffer, byteOffset, n))
    case 'I8':
      return Float32Array.from(new Int8Array(buffer, byteOffset, n))
    case 'U8':
    case 'BOOL':
      return Float32Array.from(new Uint8Array(buffer, byteOffset, n))
  }
}

/** A tensor of float32 values that were computed. */
export function tensorOf(name: string, shape: readonly number[], values: Float32Array): Tensor {
  return { name, dtype: 'F32', shape, at: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) }
}
