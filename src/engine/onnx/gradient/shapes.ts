// Operators that only move values: on the way back each value goes where it came from, and what was read several times gets the sum.

import { elementsOf } from '../../checkpoint/tensor/tensor.ts'
import type { Node, Value } from '../graph.ts'
import { Cast, Concat, Equal, Expand, MatMul, Pad, Reshape, Slice, Transpose } from '../ops.ts'
import { product } from './products.ts'
import { integersOf, type Kernels } from './rule.ts'

export const inverse = (perm: readonly number[]): number[] => perm.map((_, axis) => perm.indexOf(axis))

/** Of Concat: to each input its part. */
export function partsOf(dy: Value, { inputs, attributes }: Node): (() => Value)[] {
  const axis = attributes['axis'] as number
  let end = 0
  return (inputs as readonly Value[]).map(({ shape }) => {
    const start = end
    end += shape[axis]!
    return () => Slice(dy, axis, start, start + shape[axis]!)
  })
}

/** Of Split; zeros for a part that nothing depends on. */
export function joined(dys: readonly (Value | undefined)[], { attributes, outputs }: Node): Value {
  const given = dys.find((dy) => dy !== undefined)!
  const all = dys.map((dy, i) => dy ?? Expand(zero(given), outputs[i]!.shape))
  return Concat(all, attributes['axis'] as number)
}

/** Of Slice: zeros where nothing was taken. */
export function spread(dy: Value, { inputs }: Node): Value {
  const [x, start, , along, step] = inputs as [Value, Value, Value, Value, Value?]
  const [from, axis, each] = [start, along, step].map((it) => (it ? integersOf(it)[0]! : 1)) as [number, number, number]
  const side = x.shape[axis]!
  const wide = dilated(dy, axis, each)
  const room = side - from
  const long = wide.shape[axis]!
  return padded(long > room ? Slice(wide, axis, 0, room) : wide, axis, from, Math.max(0, room - long))
}

/** `each` − 1 zeros behind every value along one axis. */
export function dilated(x: Value, axis: number, each: number): Value {
  if (each === 1) return x
  const apart = Reshape(x, x.shape.toSpliced(axis + 1, 0, 1))
  return Reshape(padded(apart, axis + 1, 0, each - 1), x.shape.with(axis, x.shape[axis]! * each))
}

/** Zeros before and after along one axis. */
export function padded(x: Value, axis: number, before: number, after: number): Value {
  if (before === 0 && after === 0) return x
  const pads = Array<number>(2 * x.shape.length).fill(0)
  pads[axis] = before
  pads[axis + x.shape.length] = after
  return Pad(x, pads)
}

/** Of Pad. */
export function cropped(dy: Value, { inputs }: Node): Value {
  const [x, pads] = inputs as [Value, Value]
  const before = integersOf(pads)
  return x.shape.reduce((y, side, axis) => (side === y.shape[axis] ? y : Slice(y, axis, before[axis]!, before[axis]! + side)), dy)
}

/** Of Gather, to its table: a product with who took which row. */
export function scattered(dy: Value, ids: Value, table: Value, kernels: Kernels): Value {
  const [rows, ...inner] = table.shape as [number, ...number[]]
  const taken = elementsOf(ids.shape)
  const every = dy.graph.constant(
    Float32Array.from({ length: rows }, (_, row) => row),
    [1, rows],
    'float32',
  )
  const where = Cast(Equal(Reshape(Cast(ids, 'float32'), [taken, 1]), every), dy.type) // [taken, rows]
  return Reshape(product(where, Reshape(dy, [taken, elementsOf(inner)]), { transA: true }, kernels), table.shape)
}

/** Of Resize to the nearest neighbour: products with who read which row, which column. */
export function gathered(dy: Value, x: Value): Value {
  const [N, C, h, w] = x.shape as [number, number, number, number]
  const [, , H, W] = dy.shape as [number, number, number, number]
  const type = dy.type as 'float32' | 'float16'
  const columns = dy.graph.constant(readers(W, w), [W, w], type)
  const rows = Transpose(dy.graph.constant(readers(H, h), [H, h], type), [1, 0])
  return Reshape(MatMul(rows, MatMul(Reshape(dy, [N * C, H, W]), columns)), x.shape)
}

/** [large, small]: 1 where the place on the large side reads the one on the small. */
function readers(large: number, small: number): Float32Array {
  const table = new Float32Array(large * small)
  for (let i = 0; i < large; i++) table[i * small + Math.floor((i * small) / large)] = 1
  return table
}

const zero = (like: Value): Value => like.graph.constant([0], [], like.type as 'float32' | 'float16')
