// 3×3 convolution: the direct form, channels last, and Winograd's.

import type { Graph, Value } from '../onnx/graph.ts'
import { Add, Conv, ConvTranspose, MatMul, NhwcConv, Reshape, Slice, Transpose } from '../onnx/ops.ts'
import type { Conv3x3 } from './target.ts'

export const directConv: Conv3x3 = (x, kernel, bias, { stride, pads }) => Conv(x, kernel, bias, { stride, pads })

/** Channels last, for CUDA and DirectML: the kernel is turned once, when the graph is loaded. */
export const nhwcConv = (x: Value, kernel: Value, bias: Value | null, options: Parameters<Conv3x3>[3]): Value =>
  NhwcConv(x, Transpose(kernel, [0, 2, 3, 1]), bias, options)

// F(4×4, 3×3) of Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (arXiv 1509.09308): 36 products where the
// direct form takes 144, written with ordinary operators. Costs four times the memory of the kernel and rounds to about 4e-6.
const Bt = [
  [4, 0, -5, 0, 1, 0],
  [0, -4, -4, 1, 1, 0],
  [0, 4, -4, -1, 1, 0],
  [0, -2, -1, 2, 1, 0],
  [0, 2, -1, -2, 1, 0],
  [0, 4, 0, -5, 0, 1],
]
const G = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
]
const At = [
  [1, 1, 1, 1, 1, 0],
  [0, 1, -1, 2, -2, 0],
  [0, 1, 1, 4, 4, 0],
  [0, 1, -1, 8, -8, 1],
]

/** Rows of a ⊗ a: row (i, j), column (k, l) is a[i][k] · a[j][l]. */
const kron = (a: number[][]): number[][] => a.flatMap((ai) => a.map((aj) => ai.flatMap((p) => aj.map((q) => p * q))))

/** x [N, C, h, w] → [N, K, h, w], stride 1, padding 1. The transformed kernel is folded once, when the graph is loaded. */
export function winogradConv(x: Value, kernel: Value, bias: Value): Value {
  const [N, C, h, w] = x.shape as [number, number, number, number]
  const K = kernel.shape[0]!
  const [rows, columns] = [Math.ceil(h / 4), Math.ceil(w / 4)]
  const tiles = N * rows * columns
  const constant = (values: number[], shape: number[]): Value => x.graph.constant(values, shape, 'float32')

  const GG = constant(kron(G).flat(), [36, 9])
  const U = MatMul(GG, Transpose(Reshape(kernel, [K * C, 9]), [1, 0])) // [36, (K C)]

  const BB = constant(kron(Bt).flat(), [36, 1, 6, 6])
  const pads = [1, 1, 1 + rows * 4 - h, 1 + columns * 4 - w]
  let V = Conv(Reshape(x, [N * C, 1, h, w]), BB, null, { stride: 4, pads }) // [(N C), 36, rows, columns]
  V = Transpose(Reshape(V, [N, C, 36, rows * columns]), [2, 1, 0, 3]) // [36, C, N, tiles/N]
  const M = MatMul(Reshape(U, [36, K, C]), Reshape(V, [36, C, tiles])) // [36, K, tiles]

  const AA = constant(transpose(kron(At)).flat(), [36, 1, 4, 4])
  let y = Transpose(Reshape(M, [36, K, N, rows * columns]), [2, 1, 0, 3]) // [N, K, 36, tiles/N]
  y = ConvTranspose(Reshape(y, [N * K, 36, rows, columns]), AA, 4) // [(N K), 1, 4 rows, 4 columns]
  y = Reshape(y, [N, K, rows * 4, columns * 4])
  if (rows * 4 !== h) y = Slice(y, 2, 0, h)
  if (columns * 4 !== w) y = Slice(y, 3, 0, w)
  return Add(y, Reshape(bias, [K, 1, 1]))
}

/** Whether a graph has that form in it: no other layer is written with ConvTranspose. */
export const usesWinograd = ({ nodes }: Graph): boolean => nodes.some(({ op }) => op === 'ConvTranspose')

const transpose = (a: number[][]): number[][] => a[0]!.map((_, j) => a.map((row) => row[j]!))
