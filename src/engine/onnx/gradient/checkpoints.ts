// Activation checkpointing: between forward and backward pass only what enters a segment of the graph is kept; what lies inside is computed
// again when the way back comes by. Chen et al., "Training Deep Nets with Sublinear Memory Cost" (arXiv 1604.06174).

import { type Graph, type Node, pathOf, type Value } from '../graph.ts'

export interface Checkpointing {
  /** The segment that a node belongs to; undefined: what it gives is kept. */
  readonly segmentOf: (node: Node) => string | undefined
  /** Whether what a node inside a segment gives is kept all the same, because it was dear. */
  readonly keeps?: (node: Node) => boolean
}

/** What the way back reads for a value of the forward pass: itself, or a copy, whose nodes are written when it is first asked for. */
export function checkpoints(graph: Graph, nodes: readonly Node[], checkpointing?: Checkpointing): (value: Value) => Value {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map(({ name }) => [name, node] as const)))
  const inner = checkpointing ? innerValues(graph, nodes, checkpointing) : new Set<string>()
  const copies = new Map<string, Value>()

  const copied = (value: Value): Value => {
    if (!inner.has(value.name)) return value
    const known = copies.get(value.name)
    if (known) return known
    const { name, op, domain, inputs, outputs, attributes } = makers.get(value.name)!
    const again = inputs.map((input) => input && copied(input))
    const made = graph.within(`again/${pathOf(name)}`, () => graph.node(op, again, attributes, outputs, { domain }))
    for (const [i, output] of outputs.entries()) copies.set(output.name, made[i]!)
    return copies.get(value.name)!
  }
  return copied
}

/** Values that are read in their own segment only. What is made of weights alone is none of them: it is computed when the graph is loaded. */
function innerValues(graph: Graph, nodes: readonly Node[], { segmentOf, keeps = () => false }: Checkpointing): ReadonlySet<string> {
  const inner = new Map<string, string>()
  const constants = new Set(graph.initializers.keys())
  const kept = new Set(graph.outputs.map(({ name }) => name))
  const biased = biasedBy(graph, nodes)
  for (const node of nodes) if (keeps(node)) for (const { name } of (biased(node) ?? node).outputs) kept.add(name)
  for (const node of nodes) {
    const segment = segmentOf(node)
    for (const input of node.inputs) if (input && inner.get(input.name) !== segment) inner.delete(input.name)
    if (node.inputs.every((input) => input === null || constants.has(input.name))) for (const { name } of node.outputs) constants.add(name)
    else if (segment !== undefined) for (const { name } of node.outputs) if (!kept.has(name)) inner.set(name, segment)
  }
  return new Set(inner.keys())
}

/** What adds a bias to all that a node gives, undefined where nothing does: the sum is kept in its place, and takes its buffer. */
function biasedBy(graph: Graph, nodes: readonly Node[]): (node: Node) => Node | undefined {
  const weights = new Set([...graph.initializers.keys(), ...graph.inputs.map(({ name }) => name)])
  const readers = new Map<string, Node[]>()
  for (const node of nodes) for (const input of node.inputs) if (input) readers.set(input.name, [...(readers.get(input.name) ?? []), node])
  return ({ outputs }) => {
    const [reader, ...more] = readers.get(outputs[0]!.name) ?? []
    const isBiased = reader?.op === 'Add' && more.length === 0 && reader.inputs.some((input) => input && weights.has(input.name))
    return isBiased ? reader : undefined
  }
}
