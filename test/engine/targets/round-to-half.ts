// Half precision, emulated: a float16 graph that is computed in float32, every result rounded to half as a GPU stores it. ONNX Runtime's
// own float16 on a CPU is no measure: it leaves out the casts between its float32 kernels, and with them nearly every rounding.

import { Graph, type Value } from '../../../src/engine/onnx/graph.ts'
import { Cast } from '../../../src/engine/onnx/ops.ts'

/** Move values or give what was rounded already. */
const exact = new Set([
  'Transpose',
  'Reshape',
  'Split',
  'Slice',
  'Concat',
  'Identity',
  'Expand',
  'Gather',
  'Unsqueeze',
  'Squeeze',
  'Resize',
])

/** @param graph of ordinary operators, or of contributed ones that the CPU has in float32 */
export function roundedToHalf(graph: Graph): Graph {
  const out = new Graph(graph.name)
  const values = new Map<string, Value>()
  const half = (value: Value): Value => Cast(Cast(value, 'float16'), 'float32')
  for (const { name, type, shape } of graph.inputs) values.set(name, out.input(name, type, shape))
  for (const { value, tensor } of graph.initializers.values()) {
    const weight = out.initializer(tensor)
    values.set(value.name, value.type === 'float16' ? Cast(weight, 'float32') : weight)
  }
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => input && values.get(input.name)!)
    out.within(`rounded/${node.name}`, () => {
      if (node.op === 'Cast') {
        const [input] = inputs as [Value]
        const { name, type } = node.outputs[0]!
        values.set(name, type === 'float16' ? half(input) : input.type === type ? input : Cast(input, type))
        return
      }
      const results = node.outputs.map(({ type, shape }) => ({ type: type === 'float16' ? 'float32' : type, shape }) as const)
      const given = out.node(node.op, inputs, node.attributes, results, { domain: node.domain })
      for (const [i, { name, type }] of node.outputs.entries()) {
        values.set(name, type === 'float16' && !exact.has(node.op) ? half(given[i]!) : given[i]!)
      }
    })
  }
  for (const { name } of graph.outputs) out.output(name, values.get(name)!)
  return out
}
