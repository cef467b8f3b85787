// Convolution and pooling; x is [N, C, h, w] where nothing else is said.

import type { Value } from '../graph.ts'
import { addNode, microsoft } from './add-node.ts'
import { check, sameType } from './shape-rules.ts'

export interface ConvAttributes {
  readonly stride?: number
  /** begins then ends: [top, left, bottom, right] */
  readonly pads?: readonly number[]
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
  return addNode('Conv', inputs, convShape('Conv', x, w, b, attributes), {
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
  return addNode('MaxPool', [x], [N, C, side(h), side(w)], { kernel_shape: [k, k], strides: [stride, stride] })
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
  return addNode('ConvTranspose', [x, w], [N, w.shape[1]!, h * stride, wide * stride], {
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
  return addNode('NhwcConv', inputs, [N, H!, W!, K], { kernel_shape: [kh, kw], strides: [stride, stride], pads, group }, microsoft)
}
