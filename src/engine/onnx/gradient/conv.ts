// Convolutions on the way back, written with what every device has: Conv, Pad, Slice, Transpose and products of matrices.
// x [N, C, h, w]  kernel W [K, C, k, k]  y [N, K, h', w']  s stride

import type { Value } from '../graph.ts'
import { Concat, Conv, Pad, ReduceSum, Reshape, Slice, Transpose } from '../ops.ts'
import { product } from './products.ts'
import type { Call, Rule } from './rule.ts'
import { dilated } from './shapes.ts'

export const convGradient: Rule = (call) => {
  const { dy, x, node } = call
  const { group, strides, pads } = node.attributes as { group: number; strides: readonly number[]; pads: readonly number[] }
  if (group !== 1) throw new Error(`${node.name}: no gradient is known for a convolution in ${group} groups`)
  const [s] = strides as [number]
  return [
    () => toInput(dy, x(1), node.inputs[0]!, s, pads),
    () => toKernel(call, s, pads),
    () => Reshape(ReduceSum(dy, [0, 2, 3]), [dy.shape[1]!]),
  ]
}

/** Back through the kernel turned by half a circle. Of a frozen kernel that is done once, when the graph is loaded. */
function toInput(dy: Value, kernel: Value, x: Value, s: number, pads: readonly number[]): Value {
  const [, , h, w] = x.shape as [number, number, number, number]
  const [, , kh, kw] = kernel.shape as [number, number, number, number]
  const apart = dilated(dilated(dy, 2, s), 3, s)
  const before = [kh - 1 - pads[0]!, kw - 1 - pads[1]!] as const
  const after = [h + kh - 1 - before[0] - apart.shape[2]!, w + kw - 1 - before[1] - apart.shape[3]!] as const
  const short = [0, 1].reduce((y, i) => (after[i]! < 0 ? Slice(y, 2 + i, 0, y.shape[2 + i]! + after[i]!) : y), apart)
  return Conv(short, turned(kernel), null, { pads: [...before, Math.max(0, after[0]), Math.max(0, after[1])] })
}

/** [K, C, k, k] → [C, K, k, k], each k × k read from its end. */
function turned(kernel: Value): Value {
  const [K, C, kh, kw] = kernel.shape as [number, number, number, number]
  const places = Transpose(Reshape(kernel, [K * C, kh * kw]), [1, 0])
  const backwards = kh * kw === 1 ? places : reversedRows(places)
  return Reshape(Transpose(Reshape(backwards, [kh * kw, K, C]), [2, 1, 0]), [C, K, kh, kw])
}

function reversedRows(x: Value): Value {
  const rows = Array.from({ length: x.shape[0]! }, (_, i) => Slice(x, 0, i, i + 1))
  return Concat(rows.toReversed(), 0)
}

/** One product a place of the kernel: dy with what that place saw, summed over all images at once. */
function toKernel({ dy, x, node, kernels }: Call, s: number, pads: readonly number[]): Value {
  const [K, C, kh, kw] = node.inputs[1]!.shape as [number, number, number, number]
  const [N, , h, w] = dy.shape as [number, number, number, number]
  const seen = Transpose(pads.some((pad) => pad > 0) ? Pad(x(0), [0, 0, pads[0]!, pads[1]!, 0, 0, pads[2]!, pads[3]!]) : x(0), [1, 0, 2, 3])
  const rows = Reshape(Transpose(dy, [1, 0, 2, 3]), [K, N * h * w])
  const places: Value[] = []
  for (let i = 0; i < kh; i++) {
    const down = strip(seen, 2, i, h, s)
    for (let j = 0; j < kw; j++) {
      const there = Reshape(strip(down, 3, j, w, s), [C, N * h * w])
      places.push(Reshape(product(rows, there, { transB: true }, kernels), [K, C, 1]))
    }
  }
  return Reshape(places.length === 1 ? places[0]! : Concat(places, 2), [K, C, kh, kw])
}

const strip = (x: Value, axis: number, start: number, count: number, step: number): Value =>
  start === 0 && count === x.shape[axis] ? x : Slice(x, axis, start, start + (count - 1) * step + 1, step)

/** Of non-overlapping tiles, kernel [C, K, s, s]: the convolution that reads each tile once. */
export const convTransposeGradient: Rule = ({ dy, x, node, kernels }) => {
  const [N, C, h, w] = node.inputs[0]!.shape as [number, number, number, number]
  const [, K, s] = node.inputs[1]!.shape as [number, number, number]
  return [
    () => Conv(dy, x(1), null, { stride: s }),
    () => {
      const tiles = Transpose(Reshape(dy, [N, K, h, s, w, s]), [1, 3, 5, 0, 2, 4]) // [K, s, s, N, h, w]
      const rows = Reshape(Transpose(x(0), [1, 0, 2, 3]), [C, N * h * w])
      return Reshape(product(rows, Reshape(tiles, [K * s * s, N * h * w]), { transB: true }, kernels), node.inputs[1]!.shape)
    },
  ]
}
