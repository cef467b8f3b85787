// Weight decomposition: DoRA's magnitudes around a difference.

import { reshapeTensor } from '../../tensor/reshape.ts'
import { elementsOf, type Tensor } from '../../tensor/tensor.ts'
import type { Additive, Decomposed } from '../delta.ts'
import { type Adapter, shaped } from '../factors.ts'
import { touching } from './adapter-reader.ts'

/** kohya's and LyCORIS's: a length of each output row, or of each input column in older files; the shape tells. */
export function byShape(adapter: Adapter, inner: Additive, magnitude: Tensor): Decomposed {
  const [out, input, ...kernel] = adapter.weight.shape as [number, number, ...number[]]
  const byColumn = magnitude.shape.length > 1 && magnitude.shape[0] === 1 && out !== 1
  if (!byColumn) return byRows(adapter, inner, magnitude)
  const shape = [1, input, ...kernel.map(() => 1)]
  return { kind: 'decomposed', ...touching(adapter), inner, magnitude: shaped(adapter, magnitude, shape), axis: 'in' }
}

/** Of each output row, whatever the shape: PEFT stores [1, out, 1, 1] for a convolution. */
export function byRows(adapter: Adapter, inner: Additive, magnitude: Tensor): Decomposed {
  const [out, ...rest] = adapter.weight.shape as [number, ...number[]]
  const flat = elementsOf(magnitude.shape) === out ? reshapeTensor(magnitude, [out]) : magnitude
  const shape = [out, ...rest.map(() => 1)]
  return { kind: 'decomposed', ...touching(adapter), inner, magnitude: shaped(adapter, flat, shape), axis: 'out' }
}
