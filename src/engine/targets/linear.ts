// Linear layers: the forms of x · weightᵀ + bias + skip for weights that lie [out, in], as checkpoints hold them. Bias and skip may be left
// out.

import { elementsOf } from '../checkpoint/tensor/tensor.ts'
import type { Value } from '../onnx/graph.ts'
import { Add, BiasAdd, FusedMatMul, MatMul, Reshape, Transpose } from '../onnx/ops.ts'

export type LinearForm = (x: Value, weight: Value, bias: Value | null, skip: Value | null) => Value

const plus = (y: Value, bias: Value | null, skip: Value | null): Value => {
  const biased = bias ? Add(y, bias) : y
  return skip ? Add(skip, biased) : biased
}

/** No Transpose node: the weight is packed straight from the file. */
export const fusedLinear: LinearForm = (x, weight, bias, skip) => plus(FusedMatMul(x, weight, { transB: true }), bias, skip)

/**
 * The same on plain rows [.., in]. ONNX Runtime's CPU plan keeps a buffer for every shape from its first use to its last, so that all who
 * give it one shape share: pictures as rows of positions, positions as rows of frames, all frames as one row of queries.
 */
export const rowsLinear: LinearForm = (x, weight, bias, skip) => {
  const outer = x.shape.slice(0, -1)
  const rows = (y: Value): Value => Reshape(y, [elementsOf(outer), y.shape.at(-1)!])
  return Reshape(fusedLinear(rows(x), weight, bias, skip && rows(skip)), [...outer, weight.shape[0]!])
}

/** For providers without FusedMatMul; the transposed weight is folded when the graph is loaded. */
export const plainLinear: LinearForm = (x, weight, bias, skip) => plus(MatMul(x, Transpose(weight, [1, 0])), bias, skip)

/** Bias and skip in one pass over memory: CUDA's and DirectML's BiasAdd. */
export const skipFusedLinear: LinearForm = (x, weight, bias, skip) =>
  bias && skip ? BiasAdd(FusedMatMul(x, weight, { transB: true }), bias, skip) : fusedLinear(x, weight, bias, skip)
