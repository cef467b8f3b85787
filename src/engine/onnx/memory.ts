// How much memory a graph's values take when ONNX Runtime runs it as it is written: its order, its plan of buffers.
// Sources: microsoft/onnxruntime core/graph/graph_viewer.cc and graph.cc (ReverseDFSFrom), core/framework/allocation_planner.cc.

import { elementsOf } from '../checkpoint/tensor/tensor.ts'
import type { ElementType, Graph, Node, Value } from './graph.ts'

/** Depth first from the last output backwards, and of what a node reads the last written first. */
export function runningOrder({ nodes }: Pick<Graph, 'nodes'>): Node[] {
  const makers = new Map(nodes.flatMap(({ outputs }, i) => outputs.map(({ name }) => [name, i] as const)))
  const read = nodes.map(({ inputs }) =>
    [...new Set(inputs.flatMap((input) => (input && makers.get(input.name)) ?? []))].sort((a, b) => a - b),
  )
  const used = new Set(read.flat())
  const stack = nodes.flatMap((_, i) => (used.has(i) ? [] : [{ i, done: false }]))
  const seen = new Set<number>()
  const order: Node[] = []
  for (let entry = stack.pop(); entry; entry = stack.pop()) {
    const { i, done } = entry
    if (done) order.push(nodes[i]!)
    if (done || seen.has(i)) continue
    seen.add(i)
    stack.push({ i, done: true }, ...read[i]!.filter((j) => !seen.has(j)).map((j) => ({ i: j, done: false })))
  }
  return order
}

/** What these give lies where their first input lies. */
const views: ReadonlySet<string> = new Set(['Reshape', 'Identity'])

/** What these give may overwrite an input of its size that nobody reads any more. */
const overwriting: ReadonlySet<string> = new Set([
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Neg',
  'Exp',
  'Erf',
  'Sqrt',
  'Abs',
  'Sign',
  'Sigmoid',
  'Clip',
  'Softmax',
])

export interface PlannedMemory {
  /** At its peak, with the outputs, without weights and inputs. */
  readonly bytes: number
  /** The node at whose turn it is reached. */
  readonly at: string
}

/**
 * A buffer is shared by values of one shape and is kept from the first of them to the last, as ONNX Runtime plans it; what a perfect allocator
 * would need is less. Weights that are computed when the graph is loaded must have been taken out of it.
 */
export function plannedMemory(graph: Pick<Graph, 'nodes' | 'outputs'>): PlannedMemory {
  const nodes = runningOrder(graph)
  const roots = new Map<string, string>()
  const rootOf = (name: string): string => roots.get(name) ?? name
  for (const { op, inputs, outputs } of nodes) if (views.has(op)) roots.set(outputs[0]!.name, rootOf(inputs[0]!.name))
  const lastUse = new Map<string, number>()
  for (const [i, { inputs, outputs }] of nodes.entries()) {
    for (const value of [...inputs, ...outputs]) if (value) lastUse.set(rootOf(value.name), i)
  }
  for (const { name } of graph.outputs) lastUse.set(rootOf(name), nodes.length)

  const buffers: Buffer[] = []
  const held = new Map<string, Buffer>()
  const free = new Map<string, Buffer[]>()
  const release = (name: string): void => {
    const buffer = held.get(name)!
    held.delete(name)
    free.set(buffer.shape, [...(free.get(buffer.shape) ?? []), buffer])
  }
  for (const [i, { op, inputs, outputs }] of nodes.entries()) {
    const ending = [...new Set(inputs.flatMap((input) => (input ? [rootOf(input.name)] : [])))].filter(
      (name) => held.has(name) && lastUse.get(name) === i,
    )
    const given = outputs.filter(({ name }) => rootOf(name) === name)
    const overwritten = overwriting.has(op) ? ending.find((name) => held.get(name)!.shape === shapeOf(given[0]!)) : undefined
    if (overwritten !== undefined) release(overwritten)
    for (const value of given) {
      const shape = shapeOf(value)
      const last = lastUse.get(value.name)!
      const buffer = free.get(shape)?.pop() ?? { shape, from: i, to: i, bytes: bytesPer[value.type] * elementsOf(value.shape) }
      if (buffer.to === buffer.from && buffer.from === i) buffers.push(buffer)
      buffer.to = Math.max(last, i)
      held.set(value.name, buffer)
    }
    for (const name of ending) if (name !== overwritten) release(name)
  }
  return peakOf(buffers, nodes)
}

/** Of an element. */
export const bytesPer: Readonly<Record<ElementType, number>> = {
  float64: 8,
  int64: 8,
  float32: 4,
  int32: 4,
  float16: 2,
  bfloat16: 2,
  int16: 2,
  float8e4m3fn: 1,
  float8e5m2: 1,
  int8: 1,
  uint8: 1,
  bool: 1,
}

interface Buffer {
  readonly shape: string
  readonly from: number
  to: number
  readonly bytes: number
}

const shapeOf = ({ type, shape }: Value): string => `${type} ${shape}`

function peakOf(buffers: readonly Buffer[], nodes: readonly Node[]): PlannedMemory {
  const changes = new Float64Array(nodes.length + 2)
  for (const { from, to, bytes } of buffers) {
    changes[from]! += bytes
    changes[to + 1]! -= bytes
  }
  let [now, peak, at] = [0, 0, 0]
  for (const [i, change] of changes.entries()) {
    now += change
    if (now > peak) [peak, at] = [now, i]
  }
  return { bytes: peak, at: nodes[at]?.name ?? '' }
}
