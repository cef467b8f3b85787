// A graph as text, one line a node: path, op, attributes, inputs, shape. Small nets are kept as golden files, so that a change shows as a diff.

import type { Attribute, Graph, Value } from './graph.ts'

export function printGraph(graph: Graph): string {
  const lines = [`graph ${graph.name}`]
  for (const value of graph.inputs) lines.push(`input ${describe(value)}`)
  for (const node of graph.nodes) {
    const attributes = Object.entries(node.attributes).map(([name, value]) => `${name}=${attribute(value)}`)
    const inputs = node.inputs.map((input) => (input ? reference(graph, input) : '-'))
    const op = node.domain ? `${node.domain}.${node.op}` : node.op
    const results = node.outputs.map((output) => `${output.name === node.name ? '' : `${output.name} `}${output.type}[${output.shape}]`)
    lines.push(`${node.name} = ${op}(${[...inputs, ...attributes].join(', ')}) → ${results.join(', ')}`)
  }
  for (const value of graph.outputs) lines.push(`output ${describe(value)}`)
  return `${lines.join('\n')}\n`
}

const describe = (value: Value): string => `${value.name} ${value.type}[${value.shape}]`

/** Small integer constants are shown as their values: they are shapes and axes. */
function reference(graph: Graph, value: Value): string {
  const tensor = graph.initializers.get(value.name)?.tensor
  if (!tensor) return value.name
  if (tensor.dtype === 'I64' && tensor.at instanceof Uint8Array && tensor.at.length <= 64) {
    return `{${new BigInt64Array(tensor.at.buffer, tensor.at.byteOffset, tensor.at.length / 8).join(',')}}`
  }
  return `${value.name} ${value.type}[${value.shape}]`
}

function attribute(value: Attribute): string {
  if (typeof value === 'number' || typeof value === 'string') return String(value)
  return 'float' in value ? String(value.float) : `{${value.join(',')}}`
}
