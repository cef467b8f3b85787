// A sparse difference: what an extraction could not factor.

import { UserError } from '../../../errors.ts'
import { elementsOf, float32Of, type Tensor } from '../../tensor/tensor.ts'
import type { LoraDelta } from '../delta.ts'
import { type Adapter, wrongShape } from '../factors.ts'
import { type AdapterReader, scaleOf, touching } from './adapter-reader.ts'

/** LyCORIS's extraction keeps what the factors leave over as a sparse tensor, which is added to their product before it is scaled. */
export const sparse: AdapterReader<LoraDelta> = (adapter, take) => {
  const indices = take('sparseIndices')
  if (!indices) return undefined
  const stored = take.need('sparseValues')
  take('sparseSize')
  const { shape } = adapter.weight
  const [count, elements] = [elementsOf(stored.shape), elementsOf(shape)]
  if (count > elements) throw moreThanPlaces(adapter, stored)
  // The sparse tensor has the shape of a matrix or of the weight; row order is the same.
  const sides = indices.shape[0] === 2 ? [shape[0]!, elementsOf(shape.slice(1))] : shape
  const isWhole = indices.shape[0] === sides.length && elementsOf(indices.shape) === sides.length * count
  if (!isWhole) throw wrongShape(adapter, indices, [sides.length, count])
  const [values, coordinates] = [float32Of(stored), float32Of(indices)] // [values], [dimensions, values]
  const rank = adapter.tensors.get('down')?.shape[0]
  const scale = rank === undefined ? 1 : scaleOf(adapter, rank)
  const places = Uint32Array.from({ length: count }, (_, i) => {
    const place = sides.reduce((at, side, axis) => at * side + coordinates[axis * count + i]!, 0)
    if (!(place >= 0 && place < elements)) throw wrongShape(adapter, indices, shape)
    return place
  })
  return { kind: 'sparse', ...touching(adapter), places, values: values.map((value) => value * scale) }
}

const moreThanPlaces = ({ file, module, weight }: Adapter, { name, shape }: Tensor): UserError =>
  new UserError(
    'lora-shape',
    `${name} in ${file} holds ${elementsOf(shape)} values for the ${elementsOf(weight.shape)} places of ${module.path}. It was made for another base.`,
    { path: file, key: name, got: shape, weight: weight.shape },
  )
