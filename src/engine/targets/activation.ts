// Activations: the forms of SiLU, GELU and the gated GELU of the feed-forward nets.

import type { Value } from '../onnx/graph.ts'
import { BiasSplitGelu, Gelu, Mul, QuickGelu, Sigmoid } from '../onnx/ops.ts'

export const quickSilu = (x: Value): Value => QuickGelu(x, 1)

export const plainSilu = (x: Value): Value => Mul(x, Sigmoid(x))

export const erfGelu = (x: Value): Value => Gelu(x)

/** value · gelu(gate) of x + bias [..., 2·out]: value is the first half, gate the second. */
export const fusedGeglu = (x: Value, bias: Value): Value => BiasSplitGelu(x, bias)
