// Reshape: the same bytes under another shape.

import { elementsOf, type Tensor } from './tensor.ts'

/** Strided tensors of torch files copy their bytes when `at` is read, so it is passed on unread. */
export function reshapeTensor(tensor: Tensor, shape: readonly number[]): Tensor {
  if (elementsOf(shape) !== elementsOf(tensor.shape)) throw new Error(`${tensor.name} [${tensor.shape}] cannot be seen as [${shape}]`)
  return {
    name: tensor.name,
    dtype: tensor.dtype,
    shape,
    get at() {
      return tensor.at
    },
  }
}
