// Reductions over axes.

import type { Value } from '../graph.ts'
import { addNode } from './add-node.ts'
import { check } from './shape-rules.ts'

const reduction =
  (op: string) =>
  (x: Value, axes: readonly number[]): Value => {
    const fits = axes.every((axis) => axis >= 0 && axis < x.shape.length)
    check(fits, op, `axes [${axes}]`, x)
    const shape = x.shape.map((side, i) => (axes.includes(i) ? 1 : side))
    return addNode(op, [x, x.graph.constant(axes, [axes.length], 'int64')], shape, { keepdims: 1 })
  }

/** The axes stay, with one element each. */
export const ReduceMean = reduction('ReduceMean')
export const ReduceSum = reduction('ReduceSum')
