// A net with its loss and the gradients of what is trained, as one graph. The nets are those that draw, written by the same functions:
// weights that are trained are made inputs of the graph, and the way back is appended.

import type { Checkpointing } from '../onnx/gradient/checkpoints.ts'
import { gradients } from '../onnx/gradient.ts'
import type { Graph, Value } from '../onnx/graph.ts'
import { Mul } from '../onnx/ops.ts'
import type { Target } from '../targets/target.ts'
import { kernelsOf } from '../targets/training.ts'
import { gradientOf, type Parameters, parametersOf, weightOf } from './parameters.ts'

export interface TrainingGraph {
  /** Outputs: `loss`, and the gradient of every trained input. */
  readonly graph: Graph
  readonly parameters: Parameters
}

export interface Loss {
  /** What is told. */
  readonly loss: Value
  /** More numbers to tell, by name. */
  readonly parts?: Readonly<Record<string, Value>>
}

export interface TrainingOptions {
  /** Weights by our nets' names, and inputs of the graph. */
  readonly trained: (name: string) => boolean
  readonly checkpointing?: Checkpointing
}

/**
 * Has the further input `weight`, a number: gradients are those of weight · loss, which is how much an example counts and how much half
 * precision is lifted above its smallest numbers.
 */
export function trainingGraph(
  graph: Graph,
  { loss, parts = {} }: Loss,
  target: Target,
  { trained, checkpointing }: TrainingOptions,
): TrainingGraph {
  const inputs = promoted(graph, trained)
  const total = Mul(loss, graph.input('weight', 'float32', []))
  const found = gradients(total, inputs, { kernels: kernelsOf(target), ...(checkpointing && { checkpointing }) })
  // ONNX Runtime runs what the last outputs need first. These are the deepest layers', whose gradients are the first on the way back.
  for (const { name } of inputs) if (found.has(name)) graph.output(gradientOf(name), found.get(name)!)
  for (const [name, value] of Object.entries({ ...parts, loss })) graph.output(name, value)
  return { graph, parameters: parametersOf(inputs) }
}

/** Trained weights as inputs of the graph, which are not packed nor folded when it is loaded; in the order in which the net reads them. */
function promoted(graph: Graph, trained: (name: string) => boolean): Value[] {
  const inputs = graph.inputs.filter(({ name }) => trained(name))
  for (const [name, { value }] of [...graph.initializers]) {
    if (!trained(weightOf(name))) continue
    graph.initializers.delete(name)
    graph.inputs.push(value)
    inputs.push(value)
  }
  const firstUse = new Map<string, number>()
  for (const [i, node] of graph.nodes.entries()) {
    for (const input of node.inputs) if (input && !firstUse.has(input.name)) firstUse.set(input.name, i)
  }
  return inputs.sort((a, b) => (firstUse.get(a.name) ?? 0) - (firstUse.get(b.name) ?? 0))
}
