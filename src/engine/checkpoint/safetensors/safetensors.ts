// A safetensors reader: the header is read and checked, the data stays where it lies.
// The rules are those of huggingface/safetensors, safetensors/src/tensor.rs: a file that it refuses is refused here.

import { UserError } from '../../errors.ts'
import { quoteUntrusted } from '../quote-untrusted.ts'
import { type FileBytes, readingFile } from '../tensor/file-bytes.ts'
import { bytesPerElement, type DType, type Tensor, type TensorFile } from '../tensor/tensor.ts'
import { type DeclaredTensor, readSafetensorsHeader } from './safetensors-header.ts'

/** How much a file may declare. Untrusted files deserve less than the operator's own. */
export interface SafetensorsLimits {
  /** Default and hard cap 100,000,000, the reference's own. */
  readonly maxHeaderBytes?: number
  /** Default 250,000. */
  readonly maxTensors?: number
  /** Default 32 dimensions. */
  readonly maxRank?: number
}

const hardMaxHeaderBytes = 100_000_000

/**
 * Every tensor's `at` is a place in the file; nothing but the header is read.
 * @throws UserError `checkpoint-truncated`, `safetensors-invalid`, `safetensors-header-invalid`, `safetensors-header-too-large`,
 *   `safetensors-too-many-tensors`, `safetensors-rank-too-high`, `safetensors-dtype-unknown`, and those of opening a file
 */
export function openSafetensors(path: string, limits: SafetensorsLimits = {}): TensorFile {
  return readingFile(path, (file) => {
    const headerBytes = headerLength(file, Math.min(limits.maxHeaderBytes ?? hardMaxHeaderBytes, hardMaxHeaderBytes))
    const header = readSafetensorsHeader(headerText(file, headerBytes), file.path, limits.maxTensors ?? 250_000, limits.maxRank ?? 32)
    checkLayout(file, header.tensors, file.size - 8 - headerBytes)
    const tensors = new Map<string, Tensor>()
    for (const [name, { dtype, shape, begin }] of header.tensors) {
      // checkLayout has seen every dtype in the table
      tensors.set(name, { name, dtype: dtype as DType, shape, at: { file: file.real, offset: 8 + headerBytes + begin } })
    }
    return { path: file.path, container: 'safetensors', tensors, metadata: header.metadata }
  })
}

function headerLength(file: FileBytes, maxHeaderBytes: number): number {
  if (file.size < 8)
    throw new UserError('checkpoint-truncated', `${file.path} has ${file.size} bytes, too few for a safetensors file.`, { path: file.path })
  const prefix = file.read(0, 8)
  const length = new DataView(prefix.buffer).getBigUint64(0, true)
  if (length > BigInt(maxHeaderBytes))
    throw new UserError(
      'safetensors-header-too-large',
      `${file.path} declares a header of ${length} bytes; at most ${maxHeaderBytes} are read.`,
      {
        path: file.path,
        length: String(length),
        maxHeaderBytes,
      },
    )
  return Number(length)
}

function headerText(file: FileBytes, headerBytes: number): string {
  if (8 + headerBytes > file.size)
    throw new UserError(
      'checkpoint-truncated',
      `${file.path} is cut off: its header ends at byte ${8 + headerBytes}, the file at ${file.size}.`,
      {
        path: file.path,
        size: file.size,
        needed: 8 + headerBytes,
      },
    )
  const bytes = file.read(8, headerBytes)
  if (bytes[0] !== 0x7b) throw invalid(file, 'is no safetensors file: its header does not begin with {')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new UserError('safetensors-header-invalid', `The header of ${file.path} is not UTF-8.`, { path: file.path }, { cause })
  }
}

/** Types known, lengths as the shapes say, and the tensors side by side from the first data byte to the last: no overlap, no hole. */
function checkLayout(file: FileBytes, tensors: ReadonlyMap<string, DeclaredTensor>, dataBytes: number): void {
  const inOrder = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)
  let end = 0
  let before = ''
  for (const [name, tensor] of inOrder) {
    if (tensor.end < tensor.begin)
      throw invalid(file, `has tensor ${quoteUntrusted(name)} from byte ${tensor.begin} to ${tensor.end}: backwards`)
    if (tensor.begin < end) throw invalid(file, `has tensors ${quoteUntrusted(before)} and ${quoteUntrusted(name)} on the same bytes`)
    if (tensor.begin > end)
      throw invalid(file, `has a hole from data byte ${end} to ${tensor.begin}, before tensor ${quoteUntrusted(name)}`)
    const expected = declaredBytes(file, name, tensor)
    if (tensor.end - tensor.begin !== expected)
      throw invalid(
        file,
        `has tensor ${quoteUntrusted(name)} with ${tensor.end - tensor.begin} bytes, but [${tensor.shape}] of ${tensor.dtype} takes ${expected}`,
      )
    end = tensor.end
    before = name
  }
  if (end > dataBytes)
    throw new UserError('checkpoint-truncated', `${file.path} is cut off: its tensors take ${end} bytes, it has ${dataBytes}.`, {
      path: file.path,
      needed: end,
      dataBytes,
    })
  if (end < dataBytes) throw invalid(file, `has ${dataBytes - end} bytes after its last tensor`)
}

function declaredBytes(file: FileBytes, name: string, { dtype, shape }: DeclaredTensor): number {
  if (!Object.hasOwn(bytesPerElement, dtype))
    throw new UserError(
      'safetensors-dtype-unknown',
      `${file.path} holds tensor ${quoteUntrusted(name)} as ${quoteUntrusted(dtype)}; what can be read is ${Object.keys(bytesPerElement).join(', ')}.`,
      { path: file.path, tensor: name, dtype },
    )
  let bytes = bytesPerElement[dtype as DType]
  for (const side of shape) {
    bytes *= side
    if (bytes > Number.MAX_SAFE_INTEGER)
      throw invalid(file, `has tensor ${quoteUntrusted(name)} of shape [${shape}], more bytes than can be counted`)
  }
  return bytes
}

const invalid = (file: FileBytes, what: string): UserError =>
  new UserError('safetensors-invalid', `${file.path} ${what}.`, { path: file.path })
