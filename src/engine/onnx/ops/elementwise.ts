// Elementwise operators, NumPy's broadcasting where two values meet.

import { dataType } from '../data-type.ts'
import type { ElementType, Value } from '../graph.ts'
import { addNode, microsoft } from './add-node.ts'
import { broadcast, check, sameType } from './shape-rules.ts'

const binary =
  (op: string) =>
  (a: Value, b: Value): Value => {
    sameType(op, a, b)
    return addNode(op, [a, b], broadcast(op, a, b))
  }
const unary =
  (op: string) =>
  (x: Value): Value =>
    addNode(op, [x], x.shape)

export const Add = binary('Add')
export const Sub = binary('Sub')
export const Mul = binary('Mul')
export const Div = binary('Div')
export const Neg = unary('Neg')
export const Sign = unary('Sign')
export const Abs = unary('Abs')
export const Exp = unary('Exp')
export const Erf = unary('Erf')
export const Sqrt = unary('Sqrt')
export const Sigmoid = unary('Sigmoid')
export const Relu = unary('Relu')
/** The exact erf form (approximate = none). */
export const Gelu = unary('Gelu')

export const Cast = (x: Value, to: ElementType): Value =>
  x.type === to ? x : addNode('Cast', [x], x.shape, { to: dataType[to] }, { type: to })

/** 1 where they are equal, to be cast; NaN equals nothing. */
export function Equal(a: Value, b: Value): Value {
  sameType('Equal', a, b)
  return addNode('Equal', [a, b], broadcast('Equal', a, b), {}, { type: 'bool' })
}

/** Held between two numbers. */
export const Clip = (x: Value, least: number, most: number): Value => {
  const bound = (value: number): Value => x.graph.constant([value], [], x.type as 'float32' | 'float16')
  return addNode('Clip', [x, bound(least), bound(most)], x.shape)
}

/** x · sigmoid(alpha · x); alpha 1 is SiLU, alpha 1.702 is CLIP's GELU. */
export const QuickGelu = (x: Value, alpha: number): Value => addNode('QuickGelu', [x], x.shape, { alpha: { float: alpha } }, microsoft)

/** CUDA's and DirectML's: (x + bias) split in two halves of the last axis, value · gelu(gate). */
export function BiasSplitGelu(x: Value, bias: Value): Value {
  check(
    x.shape.at(-1)! % 2 === 0 && bias.shape[0] === x.shape.at(-1),
    'BiasSplitGelu',
    'an even last axis and a bias of its length',
    x,
    bias,
  )
  return addNode('BiasSplitGelu', [x, bias], x.shape.with(-1, x.shape.at(-1)! / 2), {}, microsoft)
}

/** CUDA's, DirectML's and WebGPU's: x [N, S, C] + bias [C] + skip [N, S, C]. */
export function BiasAdd(x: Value, bias: Value, skip: Value): Value {
  const fits = bias.shape[0] === x.shape.at(-1) && skip.shape.join() === x.shape.join()
  check(fits, 'BiasAdd', 'bias as long as the last axis and skip shaped as x', x, bias, skip)
  return addNode('BiasAdd', [x, bias, skip], x.shape, {}, microsoft)
}
