// Shape operators: they move elements and compute none.

import { elementsOf } from '../../checkpoint/tensor/tensor.ts'
import type { Value } from '../graph.ts'
import { addNode } from './add-node.ts'
import { broadcast, check, sameType } from './shape-rules.ts'

export function Reshape(x: Value, shape: readonly number[]): Value {
  check(elementsOf(x.shape) === elementsOf(shape), 'Reshape', `as many elements as [${shape}]`, x)
  if (x.shape.length === shape.length && x.shape.every((side, i) => side === shape[i])) return x
  return addNode('Reshape', [x, x.graph.constant(shape, [shape.length], 'int64')], shape)
}

export function Transpose(x: Value, perm: readonly number[]): Value {
  const axes = perm.toSorted((a, b) => a - b)
  check(perm.length === x.shape.length && axes.every((axis, i) => axis === i), 'Transpose', `axes [${perm}]`, x)
  return addNode(
    'Transpose',
    [x],
    perm.map((axis) => x.shape[axis]!),
    { perm },
  )
}

export function Concat(values: readonly Value[], axis: number): Value {
  const [first] = values as [Value]
  sameType('Concat', ...values)
  check(
    values.every(({ shape }) => shape.length === first.shape.length && shape.every((side, i) => i === axis || side === first.shape[i])),
    'Concat',
    `equal shapes but axis ${axis}`,
    ...values,
  )
  const shape = first.shape.with(
    axis,
    values.reduce((sum, v) => sum + v.shape[axis]!, 0),
  )
  return addNode('Concat', values, shape, { axis })
}

/** Equal parts along `axis`. */
export function Split(x: Value, parts: number, axis: number): Value[] {
  const side = x.shape[axis]!
  check(side % parts === 0, 'Split', `axis ${axis} divisible by ${parts}`, x)
  const part = { type: x.type, shape: x.shape.with(axis, side / parts) }
  return x.graph.node('Split', [x], { axis, num_outputs: parts }, Array(parts).fill(part))
}

/** x[start:end:step] along one axis. */
export function Slice(x: Value, axis: number, start: number, end: number, step = 1): Value {
  check(0 <= start && start < end && end <= x.shape[axis]!, 'Slice', `${start}:${end} within axis ${axis}`, x)
  const at = (n: number): Value => x.graph.constant([n], [1], 'int64')
  const shape = x.shape.with(axis, Math.ceil((end - start) / step))
  return addNode('Slice', [x, at(start), at(end), at(axis), ...(step === 1 ? [] : [at(step)])], shape)
}

/** Zeros around: `pads` are begins then ends, one a axis. */
export function Pad(x: Value, pads: readonly number[]): Value {
  const rank = x.shape.length
  check(pads.length === 2 * rank, 'Pad', `${2 * rank} pads`, x)
  const shape = x.shape.map((side, i) => side + pads[i]! + pads[i + rank]!)
  return addNode('Pad', [x, x.graph.constant(pads, [pads.length], 'int64')], shape, { mode: 'constant' })
}

/** Broadcast to a shape. */
export function Expand(x: Value, shape: readonly number[]): Value {
  const sides = x.graph.constant(shape, [shape.length], 'int64')
  const whole = broadcast('Expand', x, { ...sides, shape })
  check(
    whole.every((side, i) => side === shape[i]),
    'Expand',
    `a shape that broadcasts to [${shape}]`,
    x,
  )
  return addNode('Expand', [x, sides], shape)
}

/** Rows of `table` [V, D] at `ids` [...]: [..., D]. */
export function Gather(table: Value, ids: Value): Value {
  check(table.shape.length > 0 && (ids.type === 'int32' || ids.type === 'int64'), 'Gather', 'whole numbers as ids', table, ids)
  return addNode('Gather', [table, ids], [...ids.shape, ...table.shape.slice(1)], { axis: 0 })
}

/** Nearest neighbour to an exact size: x [N, C, h, w] → [N, C, H, W]. */
export function Resize(x: Value, H: number, W: number): Value {
  check(x.shape.length === 4, 'Resize', 'x [N, C, h, w]', x)
  const shape = [x.shape[0]!, x.shape[1]!, H, W]
  const sizes = x.graph.constant(shape, [4], 'int64')
  return addNode('Resize', [x, null, null, sizes], shape, {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  })
}
