// Torch tensors and their storages: a tensor is a view, an offset with sides and strides (all in elements) over a storage that several may
// share. Those of one pickle are checked as they are rebuilt: no view leaves its storage.

import { NumpyArray, tensorTypeOf } from '../pickle/numpy.ts'
import { type Callable, PickledName, type Reading } from '../pickle/pickle-world.ts'
import { quoteUntrusted } from '../quote-untrusted.ts'
import { bytesPerElement, type DType, elementsOf } from '../tensor/tensor.ts'

/** A run of `elements` from element `start` on of the stored run `key`, which holds `rootElements` in all. */
export interface TorchStorage {
  readonly key: string
  readonly dtype: DType
  readonly rootElements: number
  readonly start: number
  readonly elements: number
  /** Set when the elements came inside the pickle. */
  readonly bytes?: Uint8Array
}

export class TorchTensor {
  readonly storage: TorchStorage
  readonly offset: number
  readonly shape: readonly number[]
  readonly stride: readonly number[]

  constructor(storage: TorchStorage, offset: number, shape: readonly number[], stride: readonly number[]) {
    this.storage = storage
    this.offset = offset
    this.shape = shape
    this.stride = stride
  }
}

const maxRank = 32

const storageTypes: ReadonlyMap<string, DType> = new Map([
  ['DoubleStorage', 'F64'],
  ['FloatStorage', 'F32'],
  ['HalfStorage', 'F16'],
  ['BFloat16Storage', 'BF16'],
  ['LongStorage', 'I64'],
  ['IntStorage', 'I32'],
  ['ShortStorage', 'I16'],
  ['CharStorage', 'I8'],
  ['ByteStorage', 'U8'],
  ['BoolStorage', 'BOOL'],
  // Bytes of a tensor that names its type itself.
  ['UntypedStorage', 'U8'],
])

/** Types without a storage class of their own: they are younger than those. */
const namedTypes: ReadonlyMap<string, DType> = new Map([
  ['torch.float8_e4m3fn', 'F8_E4M3'],
  ['torch.float8_e5m2', 'F8_E5M2'],
])

/** A storage before a tensor looks at it; the class keeps it apart from everything else a pickle can make. */
class Storage implements TorchStorage {
  readonly key: string
  readonly dtype: DType
  readonly rootElements: number
  readonly start: number
  readonly elements: number
  readonly bytes?: Uint8Array

  constructor(fields: TorchStorage) {
    this.key = fields.key
    this.dtype = fields.dtype
    this.rootElements = fields.rootElements
    this.start = fields.start
    this.elements = fields.elements
    if (fields.bytes !== undefined) this.bytes = fields.bytes
  }
}

/** The storages of one pickle: `persistent` makes them from ('storage', type, key, device, elements, view?), `all` has them by key. */
export function torchStorages(): {
  readonly all: ReadonlyMap<string, TorchStorage>
  readonly persistent: (id: unknown, reading: Reading) => TorchStorage
} {
  const all = new Map<string, TorchStorage>()
  return { all, persistent }

  function persistent(id: unknown, reading: Reading): TorchStorage {
    if (!Array.isArray(id) || id[0] !== 'storage') throw reading.invalid('a persistent id that is no storage')
    const [, type, key, , elements, view]: unknown[] = id
    if (typeof key !== 'string') throw reading.invalid('a storage without a key')
    const dtype = type instanceof PickledName && /^torch(\.cuda|\.storage)?$/.test(type.module) ? storageTypes.get(type.name) : undefined
    if (dtype === undefined)
      throw reading.invalid(
        `storage ${quoteUntrusted(key)} of the type ${quoteUntrusted(type instanceof PickledName ? String(type) : type)}, which is not read,`,
      )
    if (!isCount(elements)) throw reading.invalid(`storage ${quoteUntrusted(key)} without a size`)
    const known = all.get(key)
    if (known !== undefined && (known.dtype !== dtype || known.rootElements !== elements))
      throw reading.invalid(`storage ${quoteUntrusted(key)} with two types or sizes`)
    const root = known ?? new Storage({ key, dtype, rootElements: elements, start: 0, elements })
    all.set(key, root)
    return view === undefined || view === null ? root : viewOf(root, view, reading)
  }
}

/** (key, start, elements): how torch before 1.0 saved a storage that is part of another one. */
function viewOf(root: TorchStorage, view: unknown, reading: Reading): TorchStorage {
  const [, start, elements]: unknown[] = Array.isArray(view) ? view : []
  if (!isCount(start) || !isCount(elements) || start + elements > root.rootElements)
    throw reading.invalid(`a part outside storage ${quoteUntrusted(root.key)}`)
  return new Storage({ ...root, start, elements })
}

const tensor: Callable = {
  call([storage, offset, shape, stride], reading) {
    if (!(storage instanceof Storage)) throw reading.invalid('a tensor without a storage')
    return checkedTensor(storage, offset, shape, stride, reading)
  },
}

const typedTensor: Callable = {
  call([storage, offset, shape, stride, , , type], reading) {
    if (!(storage instanceof Storage)) throw reading.invalid('a tensor without a storage')
    const dtype = namedTypes.get(String(type))
    if (dtype === undefined || storage.dtype !== 'U8')
      throw reading.invalid(`a tensor of the type ${quoteUntrusted(String(type))}, which is not read,`)
    return checkedTensor(new Storage({ ...storage, dtype }), offset, shape, stride, reading)
  },
}

const parameter: Callable = {
  call([data], reading) {
    if (!(data instanceof TorchTensor)) throw reading.invalid('a parameter without a tensor')
    return data
  },
}

const tensorFromNumpy: Callable = {
  call([array], reading) {
    if (!(array instanceof NumpyArray)) throw reading.invalid('a tensor without a NumPy array')
    const dtype = array.type.structured || array.type.order === '>' ? undefined : tensorTypeOf.get(array.type.code)
    if (dtype === undefined) throw reading.invalid(`a tensor from a NumPy array of type ${array.type.order}${array.type.code}`)
    const elements = elementsOf(array.shape)
    if (array.data.length !== elements * bytesPerElement[dtype]) throw reading.invalid('a NumPy array of another size than its shape')
    const storage = new Storage({ key: '', dtype, rootElements: elements, start: 0, elements, bytes: array.data })
    const stride = array.fortran ? rowMajor(array.shape.toReversed()).reverse() : rowMajor(array.shape)
    return checkedTensor(storage, 0, array.shape, stride, reading)
  },
}

/** Called by name from a pickle; each gives a TorchTensor. */
export const torchTensorCallables: ReadonlyMap<string, Callable> = new Map([
  ['torch._utils._rebuild_tensor_v2', tensor],
  ['torch._utils._rebuild_tensor_v3', typedTensor],
  ['torch._utils._rebuild_parameter', parameter],
  ['torch._utils._rebuild_device_tensor_from_numpy', tensorFromNumpy],
])

function checkedTensor(storage: TorchStorage, offset: unknown, shape: unknown, stride: unknown, reading: Reading): TorchTensor {
  if (!isCount(offset) || !isCounts(shape) || !isCounts(stride) || shape.length !== stride.length)
    throw reading.invalid(`a tensor in storage ${quoteUntrusted(storage.key)} without offset, shape or stride`)
  let elements = 1
  let end = offset + 1
  for (const [i, side] of shape.entries()) {
    elements *= side
    end += (side - 1) * stride[i]!
    if (!Number.isSafeInteger(elements) || !Number.isSafeInteger(end)) throw reading.invalid(`a tensor of shape [${shape}]`)
  }
  if (elements === 0 ? offset > storage.elements : end > storage.elements)
    throw reading.invalid(
      `a tensor of shape [${shape}] and stride [${stride}] from element ${offset} on in storage ${quoteUntrusted(storage.key)}, which has only ${storage.elements},`,
    )
  return new TorchTensor(storage, offset, [...shape], [...stride])
}

/** Strides of a dense tensor whose last side runs fastest. */
export function rowMajor(shape: readonly number[]): number[] {
  const stride = new Array<number>(shape.length)
  let step = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    stride[i] = step
    step *= shape[i]!
  }
  return stride
}

/** Whether the elements lie one after another in the order of the shape. The stride of a side of one says nothing. */
export function isDense({ shape, stride }: TorchTensor): boolean {
  const dense = rowMajor(shape)
  return elementsOf(shape) === 0 || shape.every((side, i) => side === 1 || stride[i] === dense[i])
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const isCounts = (value: unknown): value is number[] => Array.isArray(value) && value.length <= maxRank && value.every(isCount)
