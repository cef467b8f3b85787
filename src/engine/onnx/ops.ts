// ONNX operators, one function each, with the specification's inputs and attributes. Each computes and checks the shape it gives.
// Source: onnx/onnx docs/Operators.md, opset 23; com.microsoft: microsoft/onnxruntime docs/ContribOperators.md.

import { elementsOf } from '../checkpoint/tensor/tensor.ts'
import type { Attribute, ElementType, Value } from './graph.ts'

type Shape = readonly number[]

function one(
  op: string,
  inputs: readonly (Value | null)[],
  shape: Shape,
  attributes: Record<string, Attribute> = {},
  options: { type?: ElementType; domain?: string } = {},
): Value {
  const first = inputs[0]!
  const result = { type: options.type ?? first.type, shape }
  return first.graph.node(op, inputs, attributes, [result], options.domain ? { domain: options.domain } : {})[0]!
}

const microsoft = { domain: 'com.microsoft' }

function check(ok: boolean, op: string, why: string, ...values: (Value | null)[]): void {
  if (ok) return
  const got = values.map((v) => (v ? `${v.name} ${v.type}[${v.shape}]` : 'none')).join(', ')
  throw new Error(`${op}: ${why}; got ${got}`)
}

const sameType = (op: string, ...values: Value[]): void =>
  check(
    values.every((v) => v.type === values[0]!.type),
    op,
    'one element type',
    ...values,
  )

/** NumPy's broadcasting, right-aligned. */
export function broadcast(op: string, a: Value, b: Value): number[] {
  const rank = Math.max(a.shape.length, b.shape.length)
  return Array.from({ length: rank }, (_, i) => {
    const x = a.shape[i - rank + a.shape.length] ?? 1
    const y = b.shape[i - rank + b.shape.length] ?? 1
    check(x === y || x === 1 || y === 1, op, 'shapes that broadcast', a, b)
    return Math.max(x, y)
  })
}

// Elementwise -----------------------------------------------------------------------------------

const binary =
  (op: string) =>
  (a: Value, b: Value): Value => {
    sameType(op, a, b)
    return one(op, [a, b], broadcast(op, a, b))
  }
const unary =
  (op: string) =>
  (x: Value): Value =>
    one(op, [x], x.shape)

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
  x.type === to ? x : one('Cast', [x], x.shape, { to: dataType[to] }, { type: to })

/** 1 where they are equal, to be cast; NaN equals nothing. */
export function Equal(a: Value, b: Value): Value {
  sameType('Equal', a, b)
  return one('Equal', [a, b], broadcast('Equal', a, b), {}, { type: 'bool' })
}

/** Held between two numbers. */
export const Clip = (x: Value, least: number, most: number): Value => {
  const bound = (value: number): Value => x.graph.constant([value], [], x.type as 'float32' | 'float16')
  return one('Clip', [x, bound(least), bound(most)], x.shape)
}

/** x · sigmoid(alpha · x); alpha 1 is SiLU, alpha 1.702 is CLIP's GELU. */
export const QuickGelu = (x: Value, alpha: number): Value => one('QuickGelu', [x], x.shape, { alpha: { float: alpha } }, microsoft)

// Shapes ----------------------------------------------------------------------------------------

export function Reshape(x: Value, shape: Shape): Value {
  check(elementsOf(x.shape) === elementsOf(shape), 'Reshape', `as many elements as [${shape}]`, x)
  if (x.shape.length === shape.length && x.shape.every((side, i) => side === shape[i])) return x
  return one('Reshape', [x, x.graph.constant(shape, [shape.length], 'int64')], shape)
}

export function Transpose(x: Value, perm: Shape): Value {
  const axes = perm.toSorted((a, b) => a - b)
  check(perm.length === x.shape.length && axes.every((axis, i) => axis === i), 'Transpose', `axes [${perm}]`, x)
  return one(
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
  return one('Concat', values, shape, { axis })
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
  return one('Slice', [x, at(start), at(end), at(axis), ...(step === 1 ? [] : [at(step)])], shape)
}

/** Zeros around: `pads` are begins then ends, one a axis. */
export function Pad(x: Value, pads: Shape): Value {
  const rank = x.shape.length
  check(pads.length === 2 * rank, 'Pad', `${2 * rank} pads`, x)
  const shape = x.shape.map((side, i) => side + pads[i]! + pads[i + rank]!)
  return one('Pad', [x, x.graph.constant(pads, [pads.length], 'int64')], shape, { mode: 'constant' })
}

/** Broadcast to a shape. */
export function Expand(x: Value, shape: Shape): Value {
  const sides = x.graph.constant(shape, [shape.length], 'int64')
  const whole = broadcast('Expand', x, { ...sides, shape })
  check(
    whole.every((side, i) => side === shape[i]),
    'Expand',
    `a shape that broadcasts to [${shape}]`,
    x,
  )
  return one('Expand', [x, sides], shape)
}

/** Rows of `table` [V, D] at `ids` [...]: [..., D]. */
export function Gather(table: Value, ids: Value): Value {
  check(table.shape.length > 0 && (ids.type === 'int32' || ids.type === 'int64'), 'Gather', 'whole numbers as ids', table, ids)
  return one('Gather', [table, ids], [...ids.shape, ...table.shape.slice(1)], { axis: 0 })
}

/** Nearest neighbour to an exact size: x [N, C, h, w] → [N, C, H, W]. */
export function Resize(x: Value, H: number, W: number): Value {
  check(x.shape.length === 4, 'Resize', 'x [N, C, h, w]', x)
  const shape = [x.shape[0]!, x.shape[1]!, H, W]
  const sizes = x.graph.constant(shape, [4], 'int64')
  return one('Resize', [x, null, null, sizes], shape, {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  })
}

/** [N, C·b·b, h, w] → [N, C, h·b, w·b], channels ordered (C, b, b). */
export function DepthToSpace(x: Value, blocksize: number): Value {
  const [N, C, h, w] = x.shape as [number, number, number, number]
  check(x.shape.length === 4 && C % blocksize ** 2 === 0, 'DepthToSpace', `channels divisible by ${blocksize ** 2}`, x)
  return one('DepthToSpace', [x], [N, C / blocksize ** 2, h * blocksize, w * blocksize], { blocksize, mode: 'CRD' })
}

// Sums ------------------------------------------------------------------------------------------

const reduction =
  (op: string) =>
  (x: Value, axes: Shape): Value => {
    const fits = axes.every((axis) => axis >= 0 && axis < x.shape.length)
    check(fits, op, `axes [${axes}]`, x)
    const shape = x.shape.map((side, i) => (axes.includes(i) ? 1 : side))
    return one(op, [x, x.graph.constant(axes, [axes.length], 'int64')], shape, { keepdims: 1 })
  }

/** The axes stay, with one element each. */
export const ReduceMean = reduction('ReduceMean')
export const ReduceSum = reduction('ReduceSum')

/** Over the last axis. */
export const Softmax = (x: Value): Value => one('Softmax', [x], x.shape, { axis: -1 })

// Products --------------------------------------------------------------------------------------

function productShape(op: string, a: Value, b: Value, transB = false, transA = false): number[] {
  sameType(op, a, b)
  check(a.shape.length >= 2 && b.shape.length >= 2, op, 'two matrices', a, b)
  const sides = ({ shape }: Value, turned: boolean): [number, number] => {
    const [p, q] = shape.slice(-2) as [number, number]
    return turned ? [q, p] : [p, q]
  }
  const [rows, inner] = sides(a, transA)
  const [innerB, columns] = sides(b, transB)
  check(inner === innerB, op, 'equal inner sides', a, b)
  const batch = broadcast(op, { ...a, shape: a.shape.slice(0, -2) }, { ...b, shape: b.shape.slice(0, -2) })
  return [...batch, rows, columns]
}

export const MatMul = (a: Value, b: Value): Value => one('MatMul', [a, b], productShape('MatMul', a, b))

export interface Turned {
  readonly transA?: boolean
  readonly transB?: boolean
  readonly alpha?: number
}

/** alpha · a b, either turned without a Transpose node. CPU, CUDA and DirectML have it, WebGPU does not. */
export function FusedMatMul(a: Value, b: Value, { transA = false, transB = false, alpha = 1 }: Turned): Value {
  const attributes = { ...(transA ? { transA: 1 } : {}), transB: transB ? 1 : 0, alpha: { float: alpha } }
  return one('FusedMatMul', [a, b], productShape('FusedMatMul', a, b, transB, transA), attributes, microsoft)
}

/** a bᵀ + c for a [M, K], b [N, K], c [N]. */
export function Gemm(a: Value, b: Value, c: Value | null): Value {
  check(a.shape.length === 2 && b.shape.length === 2, 'Gemm', 'two matrices', a, b)
  check(!c || (c.shape.length === 1 && c.shape[0] === b.shape[0]), 'Gemm', 'c as long as b has rows', b, c)
  return one('Gemm', [a, b, c], productShape('Gemm', a, b, true), { transB: 1 })
}

export interface ConvAttributes {
  readonly stride?: number
  /** begins then ends: [top, left, bottom, right] */
  readonly pads?: Shape
  readonly group?: number
}

function convShape(
  op: string,
  x: Value,
  w: Value,
  b: Value | null,
  { stride = 1, pads = [0, 0, 0, 0], group = 1 }: ConvAttributes,
): number[] {
  const [N, C, h, wide] = x.shape as [number, number, number, number]
  const [K, Cg, kh, kw] = w.shape as [number, number, number, number]
  check(x.shape.length === 4 && w.shape.length === 4 && C === Cg * group, op, 'x [N, C, h, w] and w [K, C/group, kh, kw]', x, w)
  check(!b || (b.shape.length === 1 && b.shape[0] === K), op, 'bias [K]', w, b)
  sameType(op, x, w, ...(b ? [b] : []))
  const side = (length: number, kernel: number, before: number, after: number): number =>
    Math.floor((length + before + after - kernel) / stride) + 1
  return [N, K, side(h, kh, pads[0]!, pads[2]!), side(wide, kw, pads[1]!, pads[3]!)]
}

/** x [N, C, h, w], w [K, C/group, kh, kw], b [K] → [N, K, h', w']. */
export function Conv(x: Value, w: Value, b: Value | null, attributes: ConvAttributes = {}): Value {
  const { stride = 1, pads = [0, 0, 0, 0], group = 1 } = attributes
  const inputs = b ? [x, w, b] : [x, w]
  return one('Conv', inputs, convShape('Conv', x, w, b, attributes), {
    kernel_shape: w.shape.slice(2),
    strides: [stride, stride],
    pads,
    group,
  })
}

/** The largest of k × k: x [N, C, h, w] → [N, C, h', w'], what is left over at the edges left out. */
export function MaxPool(x: Value, k: number, stride: number): Value {
  const [N, C, h, w] = x.shape as [number, number, number, number]
  const side = (length: number): number => Math.floor((length - k) / stride) + 1
  check(x.shape.length === 4 && Math.min(h, w) >= k, 'MaxPool', `x [N, C, h, w] of at least ${k} × ${k}`, x)
  return one('MaxPool', [x], [N, C, side(h), side(w)], { kernel_shape: [k, k], strides: [stride, stride] })
}

/** x [N, C, h, w], w [C, K, k, k] → [N, K, h·stride, w·stride] for k = stride. */
export function ConvTranspose(x: Value, w: Value, stride: number): Value {
  const [N, C, h, wide] = x.shape as [number, number, number, number]
  sameType('ConvTranspose', x, w)
  check(
    x.shape.length === 4 && w.shape[0] === C && w.shape[2] === stride && w.shape[3] === stride,
    'ConvTranspose',
    'w [C, K, stride, stride]',
    x,
    w,
  )
  return one('ConvTranspose', [x, w], [N, w.shape[1]!, h * stride, wide * stride], {
    kernel_shape: [stride, stride],
    strides: [stride, stride],
  })
}

/** Channels last: x [N, h, w, C], w [K, kh, kw, C], b [K] → [N, h', w', K]. */
export function NhwcConv(x: Value, w: Value, b: Value | null, attributes: ConvAttributes = {}): Value {
  const { stride = 1, pads = [0, 0, 0, 0], group = 1 } = attributes
  const [N, h, wide, C] = x.shape as [number, number, number, number]
  const [K, kh, kw, Cg] = w.shape as [number, number, number, number]
  const [, , H, W] = convShape('NhwcConv', { ...x, shape: [N, C, h, wide] }, { ...w, shape: [K, Cg, kh, kw] }, b, attributes)
  const inputs = b ? [x, w, b] : [x, w]
  return one('NhwcConv', inputs, [N, H!, W!, K], { kernel_shape: [kh, kw], strides: [stride, stride], pads, group }, microsoft)
}

// Norms -----------------------------------------------------------------------------------------

export function LayerNormalization(x: Value, scale: Value, bias: Value, epsilon: number): Value {
  const fits = (v: Value): boolean => v.shape.length === 1 && v.shape[0] === x.shape.at(-1)
  check(fits(scale) && fits(bias), 'LayerNormalization', 'scale and bias as long as the last axis', x, scale, bias)
  return one('LayerNormalization', [x, scale, bias], x.shape, { axis: -1, epsilon: { float: epsilon } })
}

/** The same with what it was normalised by: [y, mean, 1 / deviation], the last two [..., 1]. CPU, CUDA and WebGPU have it, DirectML does not. */
export function LayerNormalizationStatistics(x: Value, scale: Value, bias: Value, epsilon: number): [Value, Value, Value] {
  const per = { type: x.type, shape: x.shape.with(-1, 1) }
  const attributes = { axis: -1, epsilon: { float: epsilon } }
  return x.graph.node('LayerNormalization', [x, scale, bias], attributes, [x, per, per]) as [Value, Value, Value]
}

/** Each [n, c, ...] on its own: x [N, C, ...], scale and bias [C]. */
export function InstanceNormalization(x: Value, scale: Value, bias: Value, epsilon: number): Value {
  check(
    scale.shape[0] === x.shape[1] && bias.shape[0] === x.shape[1],
    'InstanceNormalization',
    'scale and bias of x.shape[1]',
    x,
    scale,
    bias,
  )
  return one('InstanceNormalization', [x, scale, bias], x.shape, { epsilon: { float: epsilon } })
}

/** CUDA's and DirectML's: x [N, h, w, C] channels last, gamma and beta [C] in float32, SiLU inside when asked. */
export function GroupNorm(
  x: Value,
  gamma: Value,
  beta: Value,
  { groups, epsilon, silu }: { groups: number; epsilon: number; silu: boolean },
): Value {
  const [, , , C] = x.shape as [number, number, number, number]
  const fits = x.shape.length === 4 && C % groups === 0 && gamma.shape[0] === C && beta.shape[0] === C
  check(fits, 'GroupNorm', `x [N, h, w, C] with C in ${groups} groups, gamma and beta [C]`, x, gamma, beta)
  const attributes = { groups, epsilon: { float: epsilon }, activation: silu ? 1 : 0, channels_last: 1 }
  return one('GroupNorm', [x, gamma, beta], x.shape, attributes, microsoft)
}

/** CUDA's and DirectML's: (x + bias) split in two halves of the last axis, value · gelu(gate). */
export function BiasSplitGelu(x: Value, bias: Value): Value {
  check(
    x.shape.at(-1)! % 2 === 0 && bias.shape[0] === x.shape.at(-1),
    'BiasSplitGelu',
    'an even last axis and a bias of its length',
    x,
    bias,
  )
  return one('BiasSplitGelu', [x, bias], x.shape.with(-1, x.shape.at(-1)! / 2), {}, microsoft)
}

/** CUDA's, DirectML's and WebGPU's: x [N, S, C] + bias [C] + skip [N, S, C]. */
export function BiasAdd(x: Value, bias: Value, skip: Value): Value {
  const fits = bias.shape[0] === x.shape.at(-1) && skip.shape.join() === x.shape.join()
  check(fits, 'BiasAdd', 'bias as long as the last axis and skip shaped as x', x, bias, skip)
  return one('BiasAdd', [x, bias, skip], x.shape, {}, microsoft)
}

// Attention -------------------------------------------------------------------------------------

function attentionShape(op: string, q: Value, k: Value, v: Value, heads: number): Shape {
  sameType(op, q, k, v)
  const [N, , C] = q.shape
  const rows = [q, k, v].every(({ shape }) => shape.length === 3 && shape[0] === N && shape[2] === C)
  check(rows && k.shape[1] === v.shape[1] && C! % heads === 0, op, `q [N, S, C], k and v [N, L, C], C divisible by ${heads} heads`, q, k, v)
  return [q.shape[0]!, q.shape[1]!, v.shape[2]!]
}

/** Opset 23: q [N, S, C], k and v [N, L, C] → [N, S, C], scale 1/√(C/heads). */
export const Attention = (q: Value, k: Value, v: Value, { heads, causal = false }: { heads: number; causal?: boolean }): Value =>
  one('Attention', [q, k, v], attentionShape('Attention', q, k, v, heads), {
    q_num_heads: heads,
    kv_num_heads: heads,
    is_causal: causal ? 1 : 0,
  })

/** com.microsoft: flash on CPU, fused on CUDA. q [N, S, C], k and v [N, L, C] → [N, S, C]. */
export const MultiHeadAttention = (q: Value, k: Value, v: Value, { heads }: { heads: number }): Value =>
  one('MultiHeadAttention', [q, k, v], attentionShape('MultiHeadAttention', q, k, v, heads), { num_heads: heads }, microsoft)

/** ONNX's numbers for element types (onnx.proto TensorProto.DataType). */
export const dataType: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
  float8e4m3fn: 17,
  float8e5m2: 19,
}
