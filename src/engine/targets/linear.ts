// The forms of x · weightᵀ + bias for weights that lie [out, in], as checkpoints hold them.

import type { Value } from '../onnx/graph.ts'
import { Add, FusedMatMul, MatMul, Transpose } from '../onnx/ops.ts'

const plus = (y: Value, bias: Value | null): Value => (bias ? Add(y, bias) : y)

/** No Transpose node: the weight is packed straight from the file. */
export const fusedLinear = (x: Value, weight: Value, bias: Value | null): Value => plus(FusedMatMul(x, weight, { transB: true }), bias)

/** For providers without FusedMatMul; the transposed weight is folded when the graph is loaded. */
export const plainLinear = (x: Value, weight: Value, bias: Value | null): Value => plus(MatMul(x, Transpose(weight, [1, 0])), bias)
