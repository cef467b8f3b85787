// The forms of x · weightᵀ + bias + skip for weights that lie [out, in], as checkpoints hold them. Bias and skip may be left out.

import type { Value } from '../onnx/graph.ts'
import { Add, BiasAdd, FusedMatMul, MatMul, Transpose } from '../onnx/ops.ts'

export type LinearForm = (x: Value, weight: Value, bias: Value | null, skip: Value | null) => Value

const plus = (y: Value, bias: Value | null, skip: Value | null): Value => {
  const biased = bias ? Add(y, bias) : y
  return skip ? Add(skip, biased) : biased
}

/** No Transpose node: the weight is packed straight from the file. */
export const fusedLinear: LinearForm = (x, weight, bias, skip) => plus(FusedMatMul(x, weight, { transB: true }), bias, skip)

/** For providers without FusedMatMul; the transposed weight is folded when the graph is loaded. */
export const plainLinear: LinearForm = (x, weight, bias, skip) => plus(MatMul(x, Transpose(weight, [1, 0])), bias, skip)

/** Bias and skip in one pass over memory: CUDA's and DirectML's BiasAdd. */
export const skipFusedLinear: LinearForm = (x, weight, bias, skip) =>
  bias && skip ? BiasAdd(FusedMatMul(x, weight, { transB: true }), bias, skip) : fusedLinear(x, weight, bias, skip)
