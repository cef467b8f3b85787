// Contributed operators, expanded: a graph for CUDA or DirectML, the operators that only they have replaced by what microsoft/onnxruntime's
// docs/ContribOperators.md says that they compute, in ordinary operators. Everything else, weights and layout included, stays as it was
// written.

import assert from 'node:assert/strict'
import { Graph, type Node, type Value } from '../../../src/engine/onnx/graph.ts'
import * as onnx from '../../../src/engine/onnx/ops.ts'

type Reading = (inputs: readonly Value[], node: Node) => Value

const readings: Readonly<Record<string, Reading>> = {
  NhwcConv([x, w, b], { attributes }) {
    const pads = attributes['pads'] as number[]
    const [stride] = attributes['strides'] as [number]
    const y = onnx.Conv(onnx.Transpose(x!, [0, 3, 1, 2]), onnx.Transpose(w!, [0, 3, 1, 2]), b ?? null, { stride, pads })
    return onnx.Transpose(y, [0, 2, 3, 1])
  },

  GroupNorm([x, gamma, beta], { attributes }) {
    assert.equal(gamma!.type, 'float32')
    assert.equal(beta!.type, 'float32')
    assert.equal(attributes['channels_last'], 1)
    const groups = attributes['groups'] as number
    const { float: epsilon } = attributes['epsilon'] as { float: number }
    const [N, h, w, C] = x!.shape as [number, number, number, number]
    const ones = (value: number) => x!.graph.constant(Array(groups).fill(value), [groups], 'float32')
    const planes = onnx.Reshape(onnx.Transpose(onnx.Cast(x!, 'float32'), [0, 3, 1, 2]), [N, groups, (C / groups) * h * w])
    let y = onnx.Reshape(onnx.InstanceNormalization(planes, ones(1), ones(0), epsilon), [N, C, h, w])
    y = onnx.Add(onnx.Mul(onnx.Transpose(y, [0, 2, 3, 1]), gamma!), beta!)
    if (attributes['activation'] === 1) y = onnx.Mul(y, onnx.Sigmoid(y))
    return onnx.Cast(y, x!.type)
  },

  BiasSplitGelu([x, bias]) {
    const [value, gate] = onnx.Split(onnx.Add(x!, bias!), 2, 2) as [Value, Value]
    return onnx.Mul(value, onnx.Gelu(gate))
  },

  BiasAdd: ([x, bias, skip]) => onnx.Add(onnx.Add(x!, bias!), skip!),
}

export function spelled(graph: Graph): Graph {
  const out = new Graph(graph.name)
  const values = new Map<string, Value>()
  for (const { name, type, shape } of graph.inputs) values.set(name, out.input(name, type, shape))
  for (const { value, tensor } of graph.initializers.values()) {
    values.set(value.name, out.initializer({ ...tensor, name: `weights/${tensor.name}` }))
  }
  const read = (input: Value | null): Value | null => input && values.get(input.name)!
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(read)
    const results = out.within(`spelled/${node.name}`, () => {
      const reading = node.domain ? readings[node.op] : undefined
      if (reading) return [reading(inputs as Value[], node)]
      return out.node(node.op, inputs, node.attributes, node.outputs, { domain: node.domain, names: node.outputs.map(({ name }) => name) })
    })
    for (const [i, output] of node.outputs.entries()) {
      const { type, shape } = results[i]!
      assert.deepEqual({ type, shape }, { type: output.type, shape: output.shape }, `${node.name} gives what it promised`)
      values.set(output.name, results[i]!)
    }
  }
  for (const { name } of graph.outputs) out.outputs.push(values.get(name)!)
  return out
}
