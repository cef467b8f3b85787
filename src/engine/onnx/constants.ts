// Constant folding: what a graph computes from its weights alone. ONNX Runtime computes it whenever the graph is loaded, into memory of its
// own; known beforehand, it can lie in a file, where every graph that needs it finds it.

import type { Tensor } from '../checkpoint/tensor/tensor.ts'
import { Graph, type Node, type Value } from './graph.ts'

/** A value that depends on weights alone, where something else than a weight meets it. */
export interface Constant {
  readonly value: Value
  /** What computes it, in running order; none: it is a weight that lies in memory. */
  readonly nodes: readonly Node[]
}

export function constantsOf(graph: Graph): Constant[] {
  const { makers, others } = apart(graph)
  const met = new Map(others.flatMap(({ inputs }) => inputs.flatMap((value) => (value ? [[value.name, value] as const] : []))))
  return [...met.values()]
    .filter(({ name }) => makers.has(name) || graph.initializers.get(name)?.tensor.at instanceof Uint8Array)
    .map((value) => ({ value, nodes: making([value], makers) }))
}

/** The graph with these constants given as tensors, by name, and without what they were made from. */
export function withConstants(graph: Graph, given: ReadonlyMap<string, Tensor>): Graph {
  const { makers, others } = apart(graph)
  const met = others.flatMap(({ inputs }) => inputs.filter((value) => value !== null && !given.has(value.name)) as Value[])
  const out = new Graph(graph.name)
  out.inputs.push(...graph.inputs)
  out.outputs.push(...graph.outputs)
  out.nodes.push(...making(met, makers), ...others)
  for (const { name, ...rest } of out.nodes.flatMap(({ inputs }) => inputs.filter((value) => value !== null))) {
    const known = graph.initializers.get(name)
    const tensor = given.get(name)
    if (tensor) out.initializers.set(name, { value: { name, ...rest }, tensor: { ...tensor, name, shape: rest.shape } })
    else if (known) out.initializers.set(name, known)
  }
  return out
}

/** Constants alone, as the outputs of a graph. */
export function graphOf(graph: Graph, constants: readonly Constant[]): Graph {
  const { makers } = apart(graph)
  const out = new Graph(`${graph.name}-constants`)
  out.nodes.push(
    ...making(
      constants.map(({ value }) => value),
      makers,
    ),
  )
  for (const { name } of out.nodes.flatMap(({ inputs }) => inputs.filter((value) => value !== null))) {
    const known = graph.initializers.get(name)
    if (known) out.initializers.set(name, known)
  }
  out.outputs.push(...constants.map(({ value }) => value))
  return out
}

/** Nodes that see nothing but weights, by the value that they give, and all others in their order. */
function apart(graph: Graph): { makers: ReadonlyMap<string, Node>; others: readonly Node[] } {
  const makers = new Map<string, Node>()
  const others: Node[] = []
  const known = (value: Value | null): boolean => value === null || graph.initializers.has(value.name) || makers.has(value.name)
  const outputs = new Set(graph.outputs.map(({ name }) => name))
  for (const node of graph.nodes) {
    const [only, ...more] = node.outputs
    if (node.inputs.every(known) && more.length === 0 && !outputs.has(only!.name)) makers.set(only!.name, node)
    else others.push(node)
  }
  return { makers, others }
}

/** The nodes that lead to these values, each once, in running order. */
function making(values: readonly Value[], makers: ReadonlyMap<string, Node>): Node[] {
  const found = new Set<Node>()
  const visit = (value: Value | null): void => {
    const node = value && makers.get(value.name)
    if (!node || found.has(node)) return
    for (const input of node.inputs) visit(input)
    found.add(node)
  }
  for (const value of values) visit(value)
  return [...found]
}
