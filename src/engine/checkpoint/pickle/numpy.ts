// NumPy scalars and arrays, as a pickle rebuilds them: checkpoints carry a best score, a loss curve, sometimes the weights.

import type { DType } from '../tensor/tensor.ts'
import { plainInteger } from './pickle-input.ts'
import { type Callable, PickledName, type Reading } from './pickle-world.ts'

/** `code` is NumPy's: f4, i8, U12, O. A structured type has fields and its bytes stay closed. */
export class NumpyType {
  readonly code: string
  order: '<' | '>' | '=' = '='
  structured = false

  constructor(code: string) {
    this.code = code
  }
}

/** `data`: elements in `type`, row after row, or column after column where `fortran`. */
export class NumpyArray {
  shape: readonly number[] = []
  type = new NumpyType('V0')
  fortran = false
  data: Uint8Array = new Uint8Array(0)
}

/** NumPy's types that a tensor may have. */
export const tensorTypeOf: ReadonlyMap<string, DType> = new Map([
  ['f8', 'F64'],
  ['f4', 'F32'],
  ['f2', 'F16'],
  ['i8', 'I64'],
  ['i4', 'I32'],
  ['i2', 'I16'],
  ['i1', 'I8'],
  ['u1', 'U8'],
  ['b1', 'BOOL'],
])

const type: Callable = {
  call([code], reading): NumpyType {
    if (typeof code !== 'string' || !/^[a-zA-Z]\d{0,9}$/.test(code)) throw reading.invalid('a NumPy type without a code')
    return new NumpyType(code)
  },
  // (version, byte order, subtype, names, fields, …), as numpy.dtype.__reduce__ documents it
  build(made, state, reading) {
    if (!(made instanceof NumpyType) || !Array.isArray(state)) throw reading.invalid('a NumPy type with a wrong state')
    const [, order, subtype, names, fields]: unknown[] = state
    if (order === '<' || order === '>') made.order = order
    made.structured = subtype !== null || names !== null || fields !== null
  },
}

const array: Callable = {
  call: () => new NumpyArray(),
  build(made, state, reading) {
    if (!(made instanceof NumpyArray) || !Array.isArray(state)) throw reading.invalid('a NumPy array with a wrong state')
    const [, shape, type, fortran, data]: unknown[] = state
    if (!isShape(shape) || !(type instanceof NumpyType)) throw reading.invalid('a NumPy array without shape or type')
    made.shape = [...shape]
    made.type = type
    made.fortran = fortran === true
    made.data = Array.isArray(data) ? new Uint8Array(0) : bytesFrom(data, reading) // a list holds Python objects
  },
}

const scalar: Callable = {
  call([type, data], reading): unknown {
    if (!(type instanceof NumpyType)) throw reading.invalid('a NumPy scalar without a type')
    const bytes = bytesFrom(data ?? new Uint8Array(0), reading)
    return numberFrom(type, bytes) ?? Object.assign(new NumpyArray(), { type, data: bytes })
  },
}

/** NumPy 2 moved the module; both names are met. */
export const numpyCallables: ReadonlyMap<string, Callable> = new Map([
  ['numpy.dtype', type],
  ['numpy.core.multiarray._reconstruct', array],
  ['numpy._core.multiarray._reconstruct', array],
  ['numpy.core.multiarray.scalar', scalar],
  ['numpy._core.multiarray.scalar', scalar],
])

function numberFrom(type: NumpyType, bytes: Uint8Array): number | bigint | boolean | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const little = type.order !== '>'
  switch (type.structured ? '' : `${type.code}:${bytes.length}`) {
    case 'f8:8':
      return view.getFloat64(0, little)
    case 'f4:4':
      return view.getFloat32(0, little)
    case 'f2:2':
      return view.getFloat16(0, little)
    case 'i8:8':
      return plainInteger(view.getBigInt64(0, little))
    case 'u8:8':
      return plainInteger(view.getBigUint64(0, little))
    case 'i4:4':
      return view.getInt32(0, little)
    case 'u4:4':
      return view.getUint32(0, little)
    case 'i2:2':
      return view.getInt16(0, little)
    case 'u2:2':
      return view.getUint16(0, little)
    case 'i1:1':
      return view.getInt8(0)
    case 'u1:1':
      return view.getUint8(0)
    case 'b1:1':
      return view.getUint8(0) !== 0
    default:
      return undefined // dates, text, objects: kept as they are
  }
}

/** Bytes that went through Python 2, or through a protocol without bytes, arrive as latin-1 text. */
function bytesFrom(data: unknown, reading: Reading): Uint8Array {
  if (data instanceof Uint8Array) return data
  if (typeof data === 'string') {
    reading.spend(data.length >> 4)
    return new Uint8Array(Buffer.from(data, 'latin1'))
  }
  if (data instanceof PickledName) throw reading.invalid(`${data} in the place of NumPy data`)
  throw reading.invalid('NumPy data that are no bytes')
}

const isShape = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= 64 && value.every((side) => Number.isSafeInteger(side) && side >= 0)
