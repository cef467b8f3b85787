// Format detection: opens a file of tensors whatever its name says. .ckpt files are often safetensors, and a failed download is often a
// page of HTML.

import { UserError } from '../errors.ts'
import { openSafetensors, type SafetensorsLimits } from './safetensors/safetensors.ts'
import { type FileBytes, readingFile } from './tensor/file-bytes.ts'
import type { TensorFile } from './tensor/tensor.ts'
import { openTorch } from './torch/torch-file.ts'

type Format = 'safetensors' | 'torch'

/** What people hand over instead, by how it begins (the first 256 bytes as latin-1). The first that matches speaks. */
const mistakes: readonly { readonly begins: (head: string) => boolean; readonly code: string; readonly is: string }[] = [
  {
    begins: oneOf('version https://git-lfs.github.com/'),
    code: 'file-is-lfs-pointer',
    is: 'is a git-lfs pointer, not the file it points to: run "git lfs pull", or download the file itself',
  },
  { begins: oneOf('GGUF'), code: 'file-is-gguf', is: 'is a GGUF file (llama.cpp); the same model as safetensors or .ckpt is needed' },
  {
    begins: (head) => /^(?:\xef\xbb\xbf)?\s*<[!?a-z]/i.test(head),
    code: 'file-is-html',
    is: 'is a web page, not a checkpoint: the download gave an error or a login page',
  },
  {
    begins: (head) => /^\s*[{[]/.test(head),
    code: 'file-is-json',
    is: 'is JSON text, not a checkpoint: perhaps the error message of a failed download',
  },
  {
    begins: oneOf('PK\x05\x06', '\x1f\x8b', '7z\xbc\xaf', 'Rar!', 'BZh', '\xfd7zXZ', '\x28\xb5\x2f\xfd'),
    code: 'file-is-archive',
    is: 'is a packed archive; unpack it and name the checkpoint inside',
  },
  { begins: oneOf('\x89HDF'), code: 'file-is-hdf5', is: 'is an HDF5 file (Keras); safetensors or .ckpt is needed' },
  {
    begins: (head) => /[^\0]/.test(head) === false,
    code: 'file-is-blank',
    is: 'begins with nothing but zeros: a download that did not finish',
  },
]

/**
 * Safetensors, or either form of torch.save, decided by content.
 * @throws UserError `file-empty`, `file-is-…` for what is often met instead, `file-not-tensors`, and those of the container
 */
export function openTensorFile(path: string, limits: SafetensorsLimits = {}): TensorFile {
  return readingFile(path, formatOf) === 'torch' ? openTorch(path) : openSafetensors(path, limits)
}

function formatOf(file: FileBytes): Format {
  if (file.size === 0) throw new UserError('file-empty', `${file.path} is empty.`, { path: file.path })
  const bytes = Buffer.from(file.read(0, Math.min(file.size, 256)))
  const head = bytes.toString('latin1')
  // First, because a header's length may look like the beginning of anything else.
  if (head[8] === '{' && bytes.readBigUint64LE(0) <= 100_000_000n) return 'safetensors'
  if (head.startsWith('PK\x03\x04') || (bytes[0] === 0x80 && bytes[1]! <= 5)) return 'torch'
  const mistake = mistakes.find(({ begins }) => begins(head))
  if (mistake !== undefined) throw new UserError(mistake.code, `${file.path} ${mistake.is}.`, { path: file.path })
  throw new UserError('file-not-tensors', `${file.path} is neither a safetensors file nor one of torch.save.`, { path: file.path })
}

function oneOf(...beginnings: readonly string[]): (head: string) => boolean {
  return (head) => beginnings.some((beginning) => head.startsWith(beginning))
}
