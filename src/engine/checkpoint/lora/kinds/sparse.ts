// A sparse difference: what an extraction could not factor.

import { elementsOf, float32Of } from '../../tensor/tensor.ts'
import type { LoraDelta } from '../delta.ts'
import { wrongShape } from '../factors.ts'
import { type AdapterReader, scaleOf, touching } from './adapter-reader.ts'

/** LyCORIS's extraction keeps what the factors leave over as a sparse tensor, which is added to their product before it is scaled. */
export const sparse: AdapterReader<LoraDelta> = (adapter, take) => {
  const indices = take('sparseIndices')
  if (!indices) return undefined
  const values = float32Of(take.need('sparseValues'))
  take('sparseSize')
  const { shape } = adapter.weight
  const coordinates = float32Of(indices) // [dimensions, values]
  const count = values.length
  // The sparse tensor has the shape of a matrix or of the weight; row order is the same.
  const sides = indices.shape[0] === 2 ? [shape[0]!, elementsOf(shape.slice(1))] : shape
  const isWhole = indices.shape[0] === sides.length && coordinates.length === sides.length * count
  if (!isWhole) throw wrongShape(adapter, indices, [sides.length, count])
  const rank = adapter.tensors.get('down')?.shape[0]
  const scale = rank === undefined ? 1 : scaleOf(adapter, rank)
  const elements = elementsOf(shape)
  const places = Uint32Array.from({ length: count }, (_, i) => {
    const place = sides.reduce((at, side, axis) => at * side + coordinates[axis * count + i]!, 0)
    if (!(place >= 0 && place < elements)) throw wrongShape(adapter, indices, shape)
    return place
  })
  return { kind: 'sparse', ...touching(adapter), places, values: values.map((value) => value * scale) }
}
