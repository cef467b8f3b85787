// A target: how layers are written for a device. A net says what it wants; the table of its target says with which operators.

import type { Value } from '../onnx/graph.ts'

/** x in the target's layout, kernel [K, C, 3, 3], bias [K]. */
export type Conv3x3 = (
  x: Value,
  kernel: Value,
  bias: Value,
  options: { readonly stride: 1 | 2; readonly pads: readonly [number, number, number, number] },
) => Value

export interface Target {
  readonly name: string
  /** The type that weights and activations have inside the graph; inputs and outputs of a graph are always float32. */
  readonly type: 'float32' | 'float16'
  /** Images are [N, C, h, w] or [N, h, w, C]. */
  readonly layout: 'channels-first' | 'channels-last'
  /** Whether com.microsoft FusedMatMul exists: linear weights lie [out, in] in every checkpoint. */
  readonly fusedMatMul: boolean
  /** x [..., in], weight [out, in], bias [out], skip [..., out] → x weightᵀ + bias + skip [..., out] */
  linear(x: Value, weight: Value, bias: Value | null, skip: Value | null): Value
  /** q [N, S, C], k and v [N, L, C] → [N, S, C] */
  attention(q: Value, k: Value, v: Value, options: AttentionOptions): Value
  /** Over the last axis; gamma and beta [C]. */
  layerNorm(x: Value, gamma: Value, beta: Value, epsilon: number): Value
  /** An image over groups of its channels; gamma and beta [C] in float32, `frames` > 1: statistics across that many images of one animation. */
  groupNorm(x: Value, gamma: Value, beta: Value, options: GroupNormOptions): Value
  conv1x1(x: Value, kernel: Value, bias: Value): Value
  conv3x3: Conv3x3
  silu(x: Value): Value
  /** The exact erf form. */
  gelu(x: Value): Value
  /** Where the device has one operator for it: x [..., 2·out] + bias in two halves → value · gelu(gate) [..., out] */
  readonly fusedGeglu?: (x: Value, bias: Value) => Value
}

/** Over a sequence's own positions, from them to a text, along the frames of one position. A fused kernel may be right for one and wrong for another. */
export type AttentionKind = 'self' | 'cross' | 'temporal'

export interface AttentionOptions {
  /** Told by the net: shapes do not tell, where a text is as long as a row of positions, or a picture as small as an animation is long. */
  readonly kind: AttentionKind
  readonly heads: number
  readonly causal?: boolean
}

export interface GroupNormOptions {
  readonly groups: number
  readonly epsilon: number
  readonly silu?: boolean
  readonly frames?: number
}
