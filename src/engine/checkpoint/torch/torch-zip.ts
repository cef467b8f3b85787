// The zip container of torch.save, since 1.6: an archive with `<name>/data.pkl` and each storage, unpacked and whole, as
// `<name>/data/<key>`.

import { UserError } from '../../errors.ts'
import { readPickle } from '../pickle/pickle.ts'
import { quoteUntrusted } from '../quote-untrusted.ts'
import type { FileBytes } from '../tensor/file-bytes.ts'
import { bytesPerElement } from '../tensor/tensor.ts'
import { torchCallables } from './torch-callables.ts'
import type { TorchContent, TorchPlace } from './torch-content.ts'
import { torchStorages } from './torch-tensor.ts'
import { readZipDirectory, type ZipEntry, zipBytes, zipDataOffset } from './zip.ts'

const maxPickleBytes = 64 << 20

/** @throws UserError `torch-invalid`, `torch-script`, and those of the zip archive and the pickle */
export function readTorchZip(file: FileBytes): TorchContent {
  const entries = readZipDirectory(file)
  const [pickle, ...more] = [...entries.values()].filter(({ name }) => name === 'data.pkl' || name.endsWith('/data.pkl'))
  if (pickle === undefined) throw invalid(file, 'is a zip archive without data.pkl: not a checkpoint; if one is inside, unpack it')
  if (more.length > 0) {
    const names = [pickle, ...more].slice(0, 3).map(({ name }) => quoteUntrusted(name))
    throw invalid(
      file,
      `holds ${more.length + 1} checkpoints, ${names.join(' and ')}, and does not say which is meant; unpack it and save one`,
    )
  }
  const folder = pickle.name.slice(0, -'data.pkl'.length)
  if (entries.has(`${folder}constants.pkl`))
    throw new UserError('torch-script', `${file.path} is a TorchScript program; a checkpoint with the weights alone is needed.`, {
      path: file.path,
    })
  const byteOrder = entries.get(`${folder}byteorder`)
  if (byteOrder !== undefined && Buffer.from(zipBytes(file, byteOrder, 16)).toString('latin1') !== 'little')
    throw invalid(file, 'was saved on a big-endian machine')

  const { all, persistent } = torchStorages()
  const { value: root } = readPickle(zipBytes(file, pickle, maxPickleBytes), 0, { callables: torchCallables, persistent, where: file.path })
  const places = new Map<string, TorchPlace>()
  for (const { key, dtype, rootElements } of all.values()) {
    const entry = entries.get(`${folder}data/${key}`)
    if (entry === undefined) throw invalid(file, `names storage ${quoteUntrusted(key)} and does not hold it`)
    const bytes = rootElements * bytesPerElement[dtype]
    if (entry.bytes !== bytes)
      throw invalid(file, `has storage ${quoteUntrusted(key)} with ${entry.bytes} bytes; ${rootElements} of ${dtype} take ${bytes}`)
    places.set(key, placeOf(file, entry))
  }
  return { container: 'torch-zip', root, places }
}

function placeOf(file: FileBytes, entry: ZipEntry): TorchPlace {
  const offset = zipDataOffset(file, entry)
  return entry.deflated ? { offset, deflated: { name: entry.name, storedBytes: entry.storedBytes, bytes: entry.bytes } } : { offset }
}

const invalid = (file: FileBytes, what: string): UserError => new UserError('torch-invalid', `${file.path} ${what}.`, { path: file.path })
