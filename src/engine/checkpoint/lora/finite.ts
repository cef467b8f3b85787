// A check for NaN and infinity in a tensor. Looks at the exponent's bits: nothing is converted.

import { UserError } from '../../errors.ts'
import { piecesOf } from '../tensor/pieces.ts'
import { bytesPerElement, type DType, type Tensor } from '../tensor/tensor.ts'

/**
 * In NaN and ±Inf, and in nothing else, all these bits are set: those of the exponent, and in E4M3, which has no infinity, of the mantissa.
 * They lie in an element's last two bytes, as little-endian files have them, or are its only one.
 */
const exponents: Partial<Record<DType, number>> = {
  F64: 0x7ff0,
  F32: 0x7f80,
  BF16: 0x7f80,
  F16: 0x7c00,
  F8_E5M2: 0x7c,
  F8_E4M3: 0x7f,
}

/** @throws UserError `tensor-not-finite` naming the tensor, where in it, and the file */
export function assertFinite(tensor: Tensor): void {
  const exponent = exponents[tensor.dtype]
  if (exponent === undefined) return
  let before = 0
  for (const bytes of piecesOf(tensor)) {
    const words = bytesPerElement[tensor.dtype] === 1 ? bytes : wordsOf(bytes)
    const step = Math.max(1, bytesPerElement[tensor.dtype] >> 1)
    for (let i = step - 1; i < words.length; i += step) {
      if ((words[i]! & exponent) !== exponent) continue
      const index = before / bytesPerElement[tensor.dtype] + (i - step + 1) / step
      const path = tensor.at instanceof Uint8Array ? undefined : tensor.at.file
      throw new UserError(
        'tensor-not-finite',
        `${tensor.name}${path ? ` in ${path}` : ''} holds a value that is no number (NaN or infinite), at element ${index}.`,
        {
          name: tensor.name,
          path,
          index,
        },
      )
    }
    before += bytes.length
  }
}

function wordsOf(bytes: Uint8Array): Uint16Array {
  const halves = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice()
  return new Uint16Array(halves.buffer, halves.byteOffset, halves.byteLength >> 1)
}
