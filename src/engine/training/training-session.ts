// A training graph as it is run: what depends on frozen weights alone is computed once, and nothing is optimised by ONNX Runtime, which would
// merge what is to be computed again with what it repeats, and put the way back in an order that keeps every layer's gradient until the end.

import { type Tensor, tensorOf } from '../checkpoint/tensor/tensor.ts'
import { type Constant, constantsOf, graphOf, withConstants } from '../onnx/constants.ts'
import { type Graph, type Node, weightBytes } from '../onnx/graph.ts'
import { plannedMemory } from '../onnx/memory.ts'
import { withRows } from '../onnx/rows.ts'
import type { ComputedWeights } from '../runtime/computed-weights.ts'
import { createSession, type Session, type SessionOptions } from '../runtime/session.ts'
import type { TrainingGraph } from './training-graph.ts'

export interface TrainingSessionOptions extends Pick<SessionOptions, 'device' | 'threads'> {
  /** Where weights that had to be computed are kept; absent: in memory, which a large net does not fit. */
  readonly weights?: ComputedWeights
}

export async function openTrainingSession(graph: Graph, { weights, ...options }: TrainingSessionOptions = {}): Promise<Session> {
  const kept = (await weights?.prepare(graph)) ?? graph
  const constants = foldable(kept)
  const values = constants.length > 0 ? await computed(graphOf(kept, constants), options) : {}
  const ready = asRun(kept, constants, ({ name, shape }) => tensorOf(name, shape, values[name]!))
  const large = kept !== graph
  return createSession(ready, { ...options, asWritten: true, mapped: large, withoutPool: large })
}

export interface MemoryForecast {
  /** Weights that are not trained, in float32, and what is computed from them. On the CPU a large net's lie in files that are mapped. */
  readonly frozenBytes: number
  /** What is trained and its two moments. */
  readonly stateBytes: number
  /** Values of one run, gradients among them. */
  readonly valueBytes: number
  readonly totalBytes: number
}

/** What a step takes on the CPU, foretold from the graph: ONNX Runtime's own plan of buffers, and the gradients that are copied out of it. */
export function forecastMemory({ graph, parameters }: TrainingGraph): MemoryForecast {
  const ready = asRun(graph, foldable(graph), ({ name, shape }) => ({ name, dtype: 'F32', shape, at: new Uint8Array() }))
  const frozenBytes = weightBytes(ready)
  const stateBytes = 3 * 4 * parameters.length
  const valueBytes = Math.max(plannedMemory(ready).bytes, 2 * 4 * parameters.length)
  return { frozenBytes, stateBytes, valueBytes, totalBytes: frozenBytes + stateBytes + valueBytes }
}

const foldable = (graph: Graph): Constant[] => constantsOf(graph).filter(({ value, nodes }) => nodes.length > 0 && value.type === 'float32')

async function computed(graph: Graph, options: TrainingSessionOptions): Promise<Readonly<Record<string, Float32Array>>> {
  const session = await createSession(graph, { asWritten: true, ...(options.threads !== undefined && { threads: options.threads }) })
  const values = await session.run({})
  await session.release()
  return values
}

function asRun(graph: Graph, constants: readonly Constant[], tensor: (value: Constant['value']) => Tensor): Graph {
  const given = new Map(constants.map(({ value }) => [value.name, tensor(value)]))
  return inRunningOrder(withRows(withConstants(graph, given)))
}

/**
 * Of what a node reads, ONNX Runtime computes first what is written last. A layer is to be computed again when the gradient from behind it is
 * there and not before, so the copies are written in front of the way back, in which they stand where they are read.
 */
function inRunningOrder(graph: Graph): Graph {
  const outputs = new Set(graph.outputs.map(({ name }) => name))
  const turn = ({ name, outputs: given }: Node): number => {
    if (given.some((value) => outputs.has(value.name))) return 3
    return name.startsWith('again/') ? 1 : name.startsWith('backward/') ? 2 : 0
  }
  const turns = Map.groupBy(graph.nodes, turn)
  graph.nodes.splice(0, graph.nodes.length, ...[0, 1, 2, 3].flatMap((it) => turns.get(it) ?? []))
  return graph
}
