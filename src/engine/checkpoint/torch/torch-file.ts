// A reader for files of torch.save, as they are (readTorch) or as a flat list of named tensors (openTorch).
// Dense tensors stay where they lie; a strided view is copied when somebody asks for its bytes.

import { UserError } from '../../errors.ts'
import { quoteUntrusted } from '../quote-untrusted.ts'
import { type FileBytes, readingFile } from '../tensor/file-bytes.ts'
import { bytesPerElement, elementsOf, type Tensor, type TensorFile, type TensorLocation } from '../tensor/tensor.ts'
import { stridedCopy } from './strided-copy.ts'
import type { TorchContent, TorchPlace } from './torch-content.ts'
import { readTorchLegacy } from './torch-legacy.ts'
import { isDense, TorchTensor } from './torch-tensor.ts'
import { readTorchZip } from './torch-zip.ts'
import { inflated } from './zip.ts'

/** Wrappers around a dict of tensors, whatever stands beside them: Lightning and most trainers, SparseCtrl, DeepSpeed. */
const wrappers = ['state_dict', 'model_state_dict', 'controlnet', 'module']

/** Of several dicts of tensors and nothing beside them, the one that is meant: the others are averages of it, or an optimizer's. */
const preferred = ['model', 'params_ema', 'params', 'weights', 'net']

/** These words are said in the names below them. */
const meaningful = new Set(['string_to_param', 'unet', 'vae', 'text_encoder', 'motion_module'])
const maxDepth = 16
const maxVisits = 5_000_000
const maxNameLength = 1000

/**
 * Everything in the file: Map for dicts, arrays for lists and tuples, Set, Uint8Array for bytes, TorchTensor, NumpyArray, PickledName.
 * @throws UserError of the container, or of the pickle: `pickle-call-refused` names what it wanted to call
 */
export function readTorch(path: string): TorchContent & { readonly path: string } {
  return readingFile(path, (file) => ({ path: file.path, ...contentOf(file) }))
}

/**
 * The tensors of the file: out of the wrapper if there is one, nested names joined by dots, everything else dropped.
 * `metadata` has the texts and numbers that stood beside them at the top: an embedding's name, a count of steps.
 * @throws UserError `torch-no-tensors`, `torch-nested-too-deep`, `torch-name-twice`, `torch-expands`, and those of `readTorch`
 */
export function openTorch(path: string): TensorFile {
  return readingFile(path, (file) => {
    const { container, root, places } = contentOf(file)
    const found = namedTensors(file, unwrapped(root))
    if (found.size === 0) throw new UserError('torch-no-tensors', `${file.path} holds no named tensors.`, { path: file.path })
    const copy = copier(file.real, places)
    const tensors = new Map<string, Tensor>()
    let copiedBytes = 0
    for (const [name, view] of found) {
      const { dtype } = view.storage
      const place = placeInFile(file.real, view, places)
      if (place !== undefined) tensors.set(name, { name, dtype, shape: view.shape, at: place })
      else {
        copiedBytes += bytesToCopy(view, places)
        tensors.set(name, {
          name,
          dtype,
          shape: view.shape,
          get at() {
            return copy(view)
          },
        })
      }
    }
    // A stride of zero makes any size out of four bytes, and so does a packed entry.
    if (copiedBytes > 2 * file.size + (64 << 20))
      throw new UserError('torch-expands', `${file.path} has ${file.size} bytes; its tensors would take ${copiedBytes} in memory.`, {
        path: file.path,
        size: file.size,
        copiedBytes,
      })
    return { path: file.path, container, tensors, metadata: plainEntries(root) }
  })
}

const contentOf = (file: FileBytes): TorchContent => {
  const isZip = file.size >= 2 && Buffer.from(file.read(0, 2)).toString('latin1') === 'PK'
  return isZip ? readTorchZip(file) : readTorchLegacy(file)
}

function unwrapped(root: unknown): unknown {
  for (let inner = root, depth = 0; ; depth++) {
    const wrapper = inner instanceof Map && depth < maxDepth ? wrapperIn(inner) : undefined
    if (wrapper === undefined) return inner
    inner = (inner as ReadonlyMap<unknown, unknown>).get(wrapper)
  }
}

/** The key of what a dict is wrapped around. */
function wrapperIn(dict: ReadonlyMap<unknown, unknown>): unknown {
  const isDictOfTensors = (name: unknown): boolean => dict.get(name) instanceof Map && holdsTensor(dict.get(name))
  const known = wrappers.find(isDictOfTensors)
  if (known !== undefined || dict.values().some((value) => !(value instanceof Map) && holdsTensor(value))) return known
  const dicts = [...dict.keys()].filter(isDictOfTensors)
  return preferred.find((name) => dicts.includes(name)) ?? (dicts.length === 1 && !meaningful.has(String(dicts[0])) ? dicts[0] : undefined)
}

/** Anywhere in it; a dict that stands in many places is looked through once. */
function holdsTensor(value: unknown, seen = new Set<unknown>(), depth = 0): boolean {
  if (value instanceof TorchTensor) return true
  if (!(value instanceof Map || Array.isArray(value)) || seen.has(value) || depth > maxDepth) return false
  seen.add(value)
  return value.values().some((item: unknown) => holdsTensor(item, seen, depth + 1))
}

/** Every tensor in nested dicts and lists. The same dict in two places counts twice: only work is limited, not sharing. */
function namedTensors(file: FileBytes, root: unknown): ReadonlyMap<string, TorchTensor> {
  const found = new Map<string, TorchTensor>()
  let visits = 0
  walk('', root, 0)
  return found

  function walk(name: string, value: unknown, depth: number): void {
    if (value instanceof TorchTensor) {
      if (name === '') return
      if (found.has(name))
        throw new UserError('torch-name-twice', `${file.path} has two tensors named ${quoteUntrusted(name)}.`, { path: file.path, name })
      found.set(name, value)
    } else if (value instanceof Map || Array.isArray(value)) {
      if (depth === maxDepth || visits > maxVisits)
        throw new UserError(
          'torch-nested-too-deep',
          `${file.path} nests its contents too deep or around themselves, at ${quoteUntrusted(name)}.`,
          {
            path: file.path,
          },
        )
      for (const [key, item] of value.entries()) {
        visits++
        if (typeof key !== 'string' && typeof key !== 'number') continue
        const inner = name === '' ? String(key) : `${name}.${key}`
        if (inner.length <= maxNameLength) walk(inner, item, depth + 1)
        else
          throw new UserError('torch-name-too-long', `${file.path} has a name of ${inner.length} letters, ${quoteUntrusted(inner)}.`, {
            path: file.path,
          })
      }
    }
  }
}

/** Where a dense view of an unpacked storage lies; undefined for every other. */
function placeInFile(path: string, view: TorchTensor, places: ReadonlyMap<string, TorchPlace>): TensorLocation | undefined {
  const place = view.storage.bytes === undefined ? places.get(view.storage.key) : undefined
  return place === undefined || place.deflated !== undefined || !isDense(view)
    ? undefined
    : { file: path, offset: place.offset + firstByte(view) }
}

function bytesToCopy(view: TorchTensor, places: ReadonlyMap<string, TorchPlace>): number {
  const unpacked = places.get(view.storage.key)?.deflated?.bytes ?? 0
  return Math.max(elementsOf(view.shape) * bytesPerElement[view.storage.dtype], unpacked)
}

/** Copies views into dense bytes. The last copy is kept: `at` is asked for more than once, and never for all tensors together. */
function copier(path: string, places: ReadonlyMap<string, TorchPlace>): (view: TorchTensor) => Uint8Array {
  let last: { readonly view: TorchTensor; readonly bytes: Uint8Array } | undefined
  return (view) => {
    if (last?.view !== view) last = { view, bytes: denseBytes(path, view, places) }
    return last.bytes
  }
}

function denseBytes(path: string, view: TorchTensor, places: ReadonlyMap<string, TorchPlace>): Uint8Array {
  const { storage, shape, stride } = view
  if (elementsOf(shape) === 0) return new Uint8Array(0)
  const lastElement = shape.reduce((sum, side, i) => sum + (side - 1) * stride[i]!, 0)
  const first = firstByte(view)
  const end = first + (lastElement + 1) * bytesPerElement[storage.dtype]
  const source = storage.bytes?.subarray(first, end) ?? readStored(path, first, end, places.get(storage.key)!)
  return isDense(view) ? source : stridedCopy(source, shape, stride, bytesPerElement[storage.dtype])
}

function readStored(path: string, first: number, end: number, { offset, deflated }: TorchPlace): Uint8Array {
  return readingFile(path, (file) =>
    deflated === undefined
      ? file.read(offset + first, end - first)
      : inflated(path, deflated.name, file.read(offset, deflated.storedBytes), deflated.bytes).subarray(first, end),
  )
}

const firstByte = ({ storage, offset }: TorchTensor): number => (storage.start + offset) * bytesPerElement[storage.dtype]

function plainEntries(root: unknown): ReadonlyMap<string, string> {
  const entries = new Map<string, string>()
  if (root instanceof Map)
    for (const [key, value] of root)
      if (typeof key === 'string' && (typeof value === 'string' || typeof value === 'number')) entries.set(key, String(value))
  return entries
}
