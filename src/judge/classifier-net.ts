// The judge's classifier as a graph: which subject, colour, place and look a picture shows. training/train.py made its weights.
// N pictures  C channels  S positions  K words of a head

import type { Tensor } from '../engine/checkpoint/tensor.ts'
import { enter, tokens } from '../engine/nets/image.ts'
import { conv3x3, groupNorm, linear, resnetBlock } from '../engine/nets/layers.ts'
import { Weights } from '../engine/nets/weights.ts'
import { Graph, type Value } from '../engine/onnx/graph.ts'
import { MatMul, Reshape, Slice, Softmax, Transpose } from '../engine/onnx/ops.ts'
import { cpu } from '../engine/targets/cpu.ts'

/** In the order of the rows of `pool`, each with the number of its words. */
export const heads = { subject: 20, colour: 10, place: 10, look: 8 } as const

export type Head = keyof typeof heads

export const headNames = Object.keys(heads) as readonly Head[]

/** Pixels of both sides. */
export const classifiedSide = 128

const widths = [16, 32, 64, 112] as const
const norm = { groups: 8, epsilon: 1e-5 }

/** pictures [N, 3, 128, 128] in −1..1 → for each head its logits [N, K] */
export function classifierGraph(file: string, tensors: ReadonlyMap<string, Tensor>, pictures: number): Graph {
  const graph = new Graph('classifier')
  const weights = new Weights({ graph, target: cpu(), file, tensors })
  const logits = classifierNet(weights, graph.input('pictures', 'float32', [pictures, 3, classifiedSide, classifiedSide]))
  for (const name of headNames) graph.output(name, logits[name])
  return graph
}

/** Halved four times; then every head looks where it wants, and says what it saw there. */
function classifierNet(w: Weights, pictures: Value): Record<Head, Value> {
  const [first, ...rest] = widths
  let x = conv3x3(w.at('conv_in'), enter(w.target, pictures), first, { stride: 2 }) // [N, 16, 64, 64]
  rest.forEach((C, i) => {
    x = conv3x3(w.at(`downsamplers.${i}`), x, C, { stride: 2 }) // [N, C, h / 2, w / 2]
    x = resnetBlock(w.at(`resnets.${i}`), x, null, C, norm)
  })
  x = tokens(w.target, groupNorm(w.at('norm_out'), x, { ...norm, silu: true })) // [N, S, C]
  const attention = Softmax(Transpose(linear(w.at('pool'), x, headNames.length), [0, 2, 1])) // [N, heads, S]
  const pooled = MatMul(attention, x) // [N, heads, C]
  const [N, , C] = pooled.shape as [number, number, number]
  const logits = headNames.map((name, i) => [name, linear(w.at(`heads.${name}`), Reshape(Slice(pooled, 1, i, i + 1), [N, C]), heads[name])])
  return Object.fromEntries(logits)
}
