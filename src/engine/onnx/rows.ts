// Writes what is done element by element or row by row on plain rows: [a, b, C] as [a·b, C]. ONNX Runtime's plan keeps a buffer for every shape
// from its first use to its last, so values of one size that have one shape take turns in it (targets/linear.ts does it for products).

import { elementsOf } from '../checkpoint/tensor/tensor.ts'
import { Graph, type Node, type Value } from './graph.ts'

const elementwise: ReadonlySet<string> = new Set([
  ...['Add', 'Sub', 'Mul', 'Div', 'Neg', 'Exp', 'Erf', 'Sqrt', 'Abs', 'Sign', 'Clip', 'Sigmoid', 'Gelu', 'QuickGelu'],
  'LayerNormalization', // its scale and bias are one row
])

/** The same graph without what nobody reads; names of nodes and of what they give stay. */
export function withRows(graph: Graph): Graph {
  const out = new Graph(graph.name)
  out.inputs.push(...graph.inputs)
  out.outputs.push(...graph.outputs)
  for (const [name, initializer] of graph.initializers) out.initializers.set(name, initializer)
  /** By name, the same values as rows. */
  const rows = new Map<string, Value>()
  const asRows = (value: Value): Value => {
    if (value.shape.length <= 2) return value
    const known = rows.get(value.name)
    if (known) return known
    const made = reshaped(out, value, `${value.name}/rows`, rowsOf(value.shape))
    rows.set(value.name, made)
    return made
  }
  for (const node of graph.nodes) {
    const [y] = node.outputs as [Value]
    if (node.op === 'Reshape') {
      const [x] = node.inputs as [Value]
      const flat = rows.get(x.name) ?? x
      if (same(flat.shape, rowsOf(y.shape))) rows.set(y.name, flat)
    }
    if (!elementwise.has(node.op) || node.outputs.length > 1 || !node.inputs.every((input) => input === null || broadcasts(input, y))) {
      out.nodes.push({ ...node, inputs: node.inputs.map((input) => input && (sameRows(input, rows) ?? input)) })
      continue
    }
    const flat = { ...y, name: `${y.name}/rows`, shape: rowsOf(y.shape) }
    out.nodes.push({ ...node, inputs: node.inputs.map((input) => input && asRows(input)), outputs: [flat] })
    rows.set(y.name, flat)
    reshaped(out, flat, y.name, y.shape)
  }
  return withoutUnread(out)
}

const rowsOf = (shape: readonly number[]): readonly number[] => (shape.length > 2 ? [elementsOf(shape.slice(0, -1)), shape.at(-1)!] : shape)

const same = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((side, i) => side === b[i])

/** A value of rows that lies there already under another name. */
const sameRows = ({ name, shape }: Value, rows: ReadonlyMap<string, Value>): Value | undefined => {
  const known = rows.get(name)
  return known && known.name !== name && same(known.shape, shape) ? known : undefined
}

/** Whether rows of the one meet rows of the other: equal sides, one number, one row, or one number a row. Pictures stay as they are. */
function broadcasts(x: Value, { shape }: Value): boolean {
  if (shape.length !== 3) return false
  if (x.shape.length < 3) return elementsOf(x.shape) === 1 || same(x.shape, [shape[2]!])
  return same(x.shape, shape) || same(x.shape, shape.with(2, 1))
}

function reshaped(graph: Graph, x: Value, name: string, shape: readonly number[]): Value {
  const y = { ...x, name, shape }
  const at = new Uint8Array(BigInt64Array.from(shape, BigInt).buffer)
  const sides = graph.initializer({ name: `rows/${shape}`, dtype: 'I64', shape: [shape.length], at })
  graph.nodes.push({ name: `${name}/Reshape`, op: 'Reshape', domain: '', inputs: [x, sides], outputs: [y], attributes: {} })
  return y
}

/** Without dead code, which ONNX Runtime computes all the same where it runs a graph as written. */
function withoutUnread(graph: Graph): Graph {
  const read = new Set(graph.outputs.map(({ name }) => name))
  const kept: Node[] = []
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some(({ name }) => read.has(name))) continue
    for (const input of node.inputs) if (input) read.add(input.name)
    kept.push(node)
  }
  graph.nodes.splice(0, graph.nodes.length, ...kept.toReversed())
  return graph
}
