// Layers, which all nets are built from: a corner of the weights and a value in, a value out. How each is written is the target's business.
// N images  C channels  h w sides  S positions or tokens  D token width  T width of the time embedding

import type { Value } from '../onnx/graph.ts'
import { Add, Mul } from '../onnx/ops.ts'
import type { AttentionOptions, GroupNormOptions } from '../targets/target.ts'
import { addPerChannel, resize, sides } from './image.ts'
import { block, type Weights } from './weights.ts'

/** With `skip` [..., out]: added to it, which some devices do in the same breath as the bias. */
export const linear = block((w: Weights, x: Value, out: number, skip: Value | null = null): Value => {
  const bias = w.has('bias') ? w.get('bias', [out]) : null
  return w.adaptedLinear(x, out, (weight) => w.target.linear(x, weight, bias, skip)) // [..., out]
})

export const layerNorm = block((w: Weights, x: Value): Value => {
  const D = x.shape.at(-1)!
  return w.target.layerNorm(x, w.get('weight', [D]), w.get('bias', [D]), 1e-5)
})

export const groupNorm = block((w: Weights, x: Value, options: GroupNormOptions): Value => {
  const { C } = sides(w.target, x)
  return w.target.groupNorm(x, w.get('weight', [C], 'float32'), w.get('bias', [C], 'float32'), options)
})

/** 3×3, padding 1. */
export const conv3x3 = block(
  (w: Weights, x: Value, out: number, { stride = 1 }: { stride?: 1 | 2 } = {}): Value => convolve(w, x, out, stride, [1, 1, 1, 1]),
)

/** 3×3, stride 2, zeros on the right and below only: how the VAE halves. */
export const conv3x3Down = block((w: Weights, x: Value, out: number): Value => convolve(w, x, out, 2, [0, 0, 1, 1]))

function convolve(w: Weights, x: Value, out: number, stride: 1 | 2, pads: [number, number, number, number]): Value {
  const { C } = sides(w.target, x)
  const y = w.target.conv3x3(x, w.get('weight', [out, C, 3, 3]), w.get('bias', [out]), { stride, pads })
  return w.adaptConv(x, y, 3, { stride, pads })
}

export const conv1x1 = block((w: Weights, x: Value, out: number): Value => {
  const { C } = sides(w.target, x)
  const y = w.target.conv1x1(x, w.get('weight', [out, C, 1, 1]), w.get('bias', [out]))
  return w.adaptConv(x, y, 1, { stride: 1, pads: [0, 0, 0, 0] })
})

/** Two convolutions with the time embedding between them, around a shortcut. x [N, C, h, w]  temb [1, T] or none (VAE) */
export const resnetBlock = block((w: Weights, x: Value, temb: Value | null, out: number, norm: GroupNormOptions): Value => {
  const { C } = sides(w.target, x)
  let y = groupNorm(w.at('norm1'), x, { ...norm, silu: true })
  y = conv3x3(w.at('conv1'), y, out) // [N, out, h, w]
  if (temb) y = addPerChannel(w.target, y, linear(w.at('time_emb_proj'), w.target.silu(temb), out))
  y = groupNorm(w.at('norm2'), y, { ...norm, silu: true })
  y = conv3x3(w.at('conv2'), y, out)
  return Add(y, C === out ? x : conv1x1(w.at('conv_shortcut'), x, out))
})

/** To the sides of the skip that comes next: twice as large, or one less where an odd side was halved. */
export const upsample = block((w: Weights, x: Value, to: { h: number; w: number }): Value => {
  const { C } = sides(w.target, x)
  return conv3x3(w.at('conv'), resize(w.target, x, to), C)
})

/** q from x [N, S, D], k and v from context [N, L, ...]; the result is added to `skip`. */
export const attention = block((w: Weights, x: Value, context: Value, options: AttentionOptions, skip: Value | null = null): Value => {
  const D = x.shape.at(-1)!
  const q = linear(w.at('to_q'), x, D)
  const k = linear(w.at('to_k'), context, D)
  const v = linear(w.at('to_v'), context, D)
  return linear(w.at('to_out.0'), w.target.attention(q, k, v, options), D, skip) // [N, S, D]
})

/** Up to four times the width through a gated GELU, and back; the result is added to `skip`. */
export const feedForward = block((w: Weights, x: Value, skip: Value): Value => {
  const D = x.shape.at(-1)!
  return linear(w.at('net.2'), gatedLinear(w.at('net.0.proj'), x, 4 * D), D, skip)
})

/** value · gelu(gate): the value's rows of the projection come first, then the gate's. */
const gatedLinear = block((w: Weights, x: Value, out: number): Value => {
  if (w.target.fusedGeglu) {
    const y = w.adaptedLinear(x, 2 * out, (weight) => w.target.linear(x, weight, null, null)) // [..., 2 out]
    return w.target.fusedGeglu(y, w.get('bias', [2 * out]))
  }
  const [value, gate] = w.halves()
  return Mul(linear(value, x, out), w.target.gelu(linear(gate, x, out)))
})
