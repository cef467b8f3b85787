// A strided copy: of a view (transposed, sliced, expanded, channels last) into dense rows.

import { elementsOf } from '../tensor/tensor.ts'

/**
 * @param source begins at the view's first element
 * @param stride in elements, one for each side of `shape`
 */
export function stridedCopy(source: Uint8Array, shape: readonly number[], stride: readonly number[], bytesPerElement: number): Uint8Array {
  // Eight bytes as two words side by side: a BigInt for each element would be slow, a double would change NaNs.
  if (bytesPerElement === 8) return stridedCopy(source, [...shape, 2], [...stride.map((step) => step * 2), 1], 4)
  const from = words(source, bytesPerElement)
  const to = words(new Uint8Array(elementsOf(shape) * bytesPerElement), bytesPerElement)
  const columns = shape.at(-1) ?? 1
  const columnStep = stride.at(-1) ?? 1
  const index = new Array<number>(Math.max(shape.length - 1, 0)).fill(0)
  for (let done = 0, row = 0; done < to.length; ) {
    for (let i = 0, at = row; i < columns; i++, at += columnStep) to[done++] = from[at]!
    for (let side = index.length - 1; side >= 0; side--) {
      row += stride[side]!
      if (++index[side]! < shape[side]!) break
      row -= stride[side]! * shape[side]!
      index[side] = 0
    }
  }
  return new Uint8Array(to.buffer)
}

function words(bytes: Uint8Array, bytesPerElement: number): Uint8Array | Uint16Array | Uint32Array {
  if (bytesPerElement === 1) return bytes
  const { buffer, byteOffset } = bytes.byteOffset % bytesPerElement === 0 ? bytes : new Uint8Array(bytes)
  const count = Math.floor(bytes.length / bytesPerElement)
  return bytesPerElement === 2 ? new Uint16Array(buffer, byteOffset, count) : new Uint32Array(buffer, byteOffset, count)
}
