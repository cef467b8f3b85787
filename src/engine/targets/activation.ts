// The forms of SiLU, GELU and the gated GELU of the feed-forward nets.

import type { Value } from '../onnx/graph.ts'
import { Add, BiasSplitGelu, Gelu, Mul, QuickGelu, Sigmoid, Split } from '../onnx/ops.ts'

export const quickSilu = (x: Value): Value => QuickGelu(x, 1)

export const plainSilu = (x: Value): Value => Mul(x, Sigmoid(x))

export const erfGelu = (x: Value): Value => Gelu(x)

/** Value is the first half, gate the second. */
export function splitGeglu(x: Value, bias: Value): Value {
  const [value, gate] = Split(Add(x, bias), 2, x.shape.length - 1) as [Value, Value]
  return Mul(value, erfGelu(gate))
}

export const fusedGeglu = (x: Value, bias: Value): Value => BiasSplitGelu(x, bias)
