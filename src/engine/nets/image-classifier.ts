// An image classifier with several heads, each of which names one thing that a picture shows.
// N pictures  C channels  S positions  K classes of a head

import type { Tensor } from '../checkpoint/tensor/tensor.ts'
import { Graph, type Value } from '../onnx/graph.ts'
import { MatMul, Reshape, Slice, Softmax, Transpose } from '../onnx/ops.ts'
import { cpu } from '../targets/cpu.ts'
import { enter, tokens } from './image.ts'
import { conv3x3, groupNorm, linear, resnetBlock } from './layers.ts'
import { Weights } from './weights.ts'

/** How many classes each has, in the order of the rows of `pool`. */
export type ClassifierHeads = Readonly<Record<string, number>>

export interface ClassifierSize {
  readonly pictures: number
  /** Pixels of both sides, a multiple of 16. */
  readonly side: number
  readonly heads: ClassifierHeads
}

const widths = [16, 32, 64, 112] as const
const norm = { groups: 8, epsilon: 1e-5 }

/** pictures [N, 3, side, side] in −1..1 → for each head its logits [N, K]; and `embedding` [N, heads · C], what all of them saw */
export function classifierGraph(file: string, tensors: ReadonlyMap<string, Tensor>, { pictures, side, heads }: ClassifierSize): Graph {
  const graph = new Graph('image-classifier')
  const weights = new Weights({ graph, target: cpu(), file, tensors })
  const logits = imageClassifier(weights, graph.input('pictures', 'float32', [pictures, 3, side, side]), heads)
  for (const [name, value] of Object.entries(logits)) graph.output(name, value)
  return graph
}

/** Halved four times; then every head looks where it wants, and says what it saw there. */
function imageClassifier(w: Weights, pictures: Value, heads: ClassifierHeads): Record<string, Value> {
  const [first, ...rest] = widths
  const names = Object.keys(heads)
  let x = conv3x3(w.at('conv_in'), enter(w.target, pictures), first, { stride: 2 }) // [N, 16, side / 2, side / 2]
  rest.forEach((C, i) => {
    x = conv3x3(w.at(`downsamplers.${i}`), x, C, { stride: 2 }) // [N, C, h / 2, w / 2]
    x = resnetBlock(w.at(`resnets.${i}`), x, null, C, norm)
  })
  x = tokens(w.target, groupNorm(w.at('norm_out'), x, { ...norm, silu: true })) // [N, S, C]
  const attention = Softmax(Transpose(linear(w.at('pool'), x, names.length), [0, 2, 1])) // [N, heads, S]
  const pooled = MatMul(attention, x) // [N, heads, C]
  const [N, , C] = pooled.shape as [number, number, number]
  const logits = names.map((name, i) => [name, linear(w.at(`heads.${name}`), Reshape(Slice(pooled, 1, i, i + 1), [N, C]), heads[name]!)])
  return { ...Object.fromEntries(logits), embedding: Reshape(pooled, [N, names.length * C]) }
}
