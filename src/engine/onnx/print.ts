// A graph printer: text with one line a node: path, op, inputs, attributes, shape. Small nets are kept as golden files, so that a change
// shows as a diff. What lies in the node's own block is shortened: `/Add` is the block's node of that name, `.weight` its weight.

import type { Attribute, Graph, Node, Value } from './graph.ts'

export function printGraph(graph: Graph): string {
  const lines = [`graph ${graph.name}`]
  for (const value of graph.inputs) lines.push(`input ${describe(value)}`)
  for (const node of graph.nodes) {
    const attributes = Object.entries(node.attributes).map(([name, value]) => `${name}=${attribute(value)}`)
    const inputs = node.inputs.map((input) => (input ? reference(graph, input, node) : '-'))
    const op = node.domain ? `${node.domain}.${node.op}` : node.op
    const results = node.outputs.map((output) => `${output.name === node.name ? '' : `${output.name} `}${output.type}[${output.shape}]`)
    lines.push(`${node.name} = ${op}(${[...inputs, ...attributes].join(', ')}) → ${results.join(', ')}`)
  }
  for (const value of graph.outputs) lines.push(`output ${describe(value)}`)
  return `${lines.join('\n')}\n`
}

const describe = (value: Value): string => `${value.name} ${value.type}[${value.shape}]`

/** Small integer constants are shown as their values: they are shapes and axes. */
function reference(graph: Graph, value: Value, node: Node): string {
  const path = node.name.slice(0, Math.max(0, node.name.lastIndexOf('/')))
  const inside = path !== '' && value.name.startsWith(path) && /^[/.]/.test(value.name.slice(path.length))
  const name = inside ? value.name.slice(path.length) : value.name
  const tensor = graph.initializers.get(value.name)?.tensor
  if (!tensor) return name
  if (tensor.dtype === 'I64' && tensor.at instanceof Uint8Array && tensor.at.length <= 64) {
    return `{${new BigInt64Array(tensor.at.buffer, tensor.at.byteOffset, tensor.at.length / 8).join(',')}}`
  }
  return `${name} ${value.type}[${value.shape}]`
}

function attribute(value: Attribute): string {
  if (typeof value === 'number' || typeof value === 'string') return String(value)
  return 'float' in value ? String(value.float) : `{${value.join(',')}}`
}
