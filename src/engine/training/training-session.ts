// A training graph as it is run: what depends on frozen weights alone is computed once, and nothing is optimised by ONNX Runtime, which would
// merge what is to be computed again with what it repeats, and put the way back in an order that keeps every layer's gradient until the end.

import { tensorOf } from '../checkpoint/tensor.ts'
import { constantsOf, graphOf, withConstants } from '../onnx/constants.ts'
import type { Graph, Node } from '../onnx/graph.ts'
import { withRows } from '../onnx/rows.ts'
import type { ComputedWeights } from '../runtime/computed-weights.ts'
import { createSession, type Session, type SessionOptions } from '../runtime/session.ts'

export interface TrainingSessionOptions extends Pick<SessionOptions, 'device' | 'threads'> {
  /** Where weights that had to be computed are kept; absent: in memory, which a large net does not fit. */
  readonly weights?: ComputedWeights
}

export async function openTrainingSession(graph: Graph, { weights, ...options }: TrainingSessionOptions = {}): Promise<Session> {
  const kept = (await weights?.prepare(graph)) ?? graph
  const ready = inRunningOrder(withRows(await folded(kept, options.threads)))
  return createSession(ready, { ...options, asWritten: true, mapped: kept !== graph })
}

/** The graph with everything that weights alone decide as constants. */
export async function folded(graph: Graph, threads?: number): Promise<Graph> {
  const constants = constantsOf(graph).filter(({ value, nodes }) => nodes.length > 0 && value.type === 'float32')
  if (constants.length === 0) return graph
  const session = await createSession(graphOf(graph, constants), { asWritten: true, ...(threads !== undefined && { threads }) })
  const values = await session.run({})
  await session.release()
  return withConstants(graph, new Map(constants.map(({ value }) => [value.name, tensorOf(value.name, value.shape, values[value.name]!)])))
}

/**
 * Of what a node reads, ONNX Runtime computes first what is written last. A layer is to be computed again when the gradient from behind it is
 * there and not before, so the copies are written in front of the way back, in which they stand where they are read.
 */
export function inRunningOrder(graph: Graph): Graph {
  const turn = ({ name }: Node): number => (name.startsWith('again/') ? 1 : name.startsWith('backward/') ? 2 : 0)
  const outputs = new Set(graph.outputs.map(({ name }) => name))
  const last = (node: Node): number => (node.outputs.some(({ name }) => outputs.has(name)) ? 3 : turn(node))
  const nodes = [0, 1, 2, 3].flatMap((wanted) => graph.nodes.filter((node) => last(node) === wanted))
  graph.nodes.splice(0, graph.nodes.length, ...nodes)
  return graph
}
