// The legacy container of torch.save, before 1.6: five pickles one after another (magic number, protocol, the machine, the object,
// the keys of its storages), then each storage: its count of elements in eight bytes, and the elements.

import { UserError } from '../../errors.ts'
import { readPickle } from '../pickle/pickle.ts'
import type { PickleWorld } from '../pickle/pickle-world.ts'
import { quoteUntrusted } from '../quote-untrusted.ts'
import type { FileBytes } from '../tensor/file-bytes.ts'
import { bytesPerElement } from '../tensor/tensor.ts'
import { torchCallables } from './torch-callables.ts'
import type { TorchContent, TorchPlace } from './torch-content.ts'
import { type TorchStorage, torchStorages } from './torch-tensor.ts'

/** pytorch/pytorch, torch/serialization.py */
const magicNumber = 0x1950a86a20f9469cfc6cn
const protocolVersion = 1001

const firstWindowBytes = 1 << 20
const maxPickleBytes = 64 << 20

interface Pickles {
  readonly root: unknown
  readonly keys: readonly unknown[]
  readonly storages: ReadonlyMap<string, TorchStorage>
  readonly end: number
}

/** @throws UserError `torch-invalid`, `checkpoint-truncated`, and those of the pickle */
export function readTorchLegacy(file: FileBytes): TorchContent {
  const { root, keys, storages, end } = pickles(file)
  const places = new Map<string, TorchPlace>()
  let at = end
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined
    if (storage === undefined || places.has(storage.key))
      throw invalid(file, `lists storage ${quoteUntrusted(key)}, which no tensor names, or lists it twice`)
    const count = file.read(at, 8)
    const elements = new DataView(count.buffer).getBigUint64(0, true)
    if (elements !== BigInt(storage.rootElements))
      throw invalid(file, `has storage ${quoteUntrusted(storage.key)} with ${elements} elements; its tensors say ${storage.rootElements}`)
    places.set(storage.key, { offset: at + 8 })
    at += 8 + storage.rootElements * bytesPerElement[storage.dtype]
    if (at > file.size)
      throw new UserError(
        'checkpoint-truncated',
        `${file.path} is cut off inside its storages: it has ${file.size} bytes of at least ${at}.`,
        {
          path: file.path,
          size: file.size,
          needed: at,
        },
      )
  }
  for (const key of storages.keys()) if (!places.has(key)) throw invalid(file, `names storage ${quoteUntrusted(key)} and does not hold it`)
  return { container: 'torch-legacy', root, places }
}

/** Nothing says how long the pickles are: they are read from a window that grows until they fit. */
function pickles(file: FileBytes): Pickles {
  for (let windowBytes = firstWindowBytes; ; windowBytes *= 4) {
    const whole = windowBytes >= Math.min(file.size, maxPickleBytes)
    try {
      return picklesIn(file, file.read(0, Math.min(file.size, windowBytes, maxPickleBytes)))
    } catch (error) {
      if (whole || !(error instanceof UserError) || error.code !== 'pickle-truncated') throw error
    }
  }
}

function picklesIn(file: FileBytes, bytes: Uint8Array): Pickles {
  const plain: PickleWorld = { callables: new Map(), where: file.path }
  const magic = readPickle(bytes, 0, plain)
  if (magic.value !== magicNumber) throw invalid(file, 'is a Python pickle, but none that torch.save made')
  const protocol = readPickle(bytes, magic.end, plain)
  if (protocol.value !== protocolVersion)
    throw invalid(file, `has torch's stream protocol ${quoteUntrusted(protocol.value)}, not ${protocolVersion}`)
  const machine = readPickle(bytes, protocol.end, plain)
  if (!(machine.value instanceof Map) || machine.value.get('little_endian') !== true)
    throw invalid(file, 'was not saved on a little-endian machine')
  const { all, persistent } = torchStorages()
  const object = readPickle(bytes, machine.end, { callables: torchCallables, persistent, where: file.path })
  const keys = readPickle(bytes, object.end, plain)
  if (!Array.isArray(keys.value)) throw invalid(file, 'has no list of storages')
  return { root: object.value, keys: keys.value, storages: all, end: keys.end }
}

const invalid = (file: FileBytes, what: string): UserError => new UserError('torch-invalid', `${file.path} ${what}.`, { path: file.path })
