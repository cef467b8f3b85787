import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare } from '../../../src/engine/arrays/comparison.ts'
import { linear } from '../../../src/engine/nets/layers.ts'
import { Weights } from '../../../src/engine/nets/weights.ts'
import { flopsOf } from '../../../src/engine/onnx/flops.ts'
import { Graph } from '../../../src/engine/onnx/graph.ts'
import { runOnce } from '../../../src/engine/verify/test-session.ts'
import { cpuSession, someNumbers } from '../cpu-session.ts'
import { plainTarget } from '../plain-targets.ts'

const [width, out, rank] = [24, 40, 4]
const weight = someNumbers(out * width, 1)
const tensors = new Map([
  ['to_q.weight', { name: 'to_q.weight', dtype: 'F32', shape: [out, width], at: new Uint8Array(weight.buffer) } as const],
])
const adapter = { down: someNumbers(rank * width, 2), up: someNumbers(out * rank, 3), scale: Float32Array.of(0.5, -2, 0, 1) }

function adaptedLinear(rows: number, adaptersApart = false): Graph {
  const graph = new Graph('linear')
  const weights = new Weights({ graph, target: plainTarget, file: 'test', tensors, adapterRank: () => rank, adaptersApart })
  graph.output('y', linear(weights.at('to_q'), graph.input('x', 'float32', [rows, width]), out))
  return graph
}

/** x (weight + up (scale · down))ᵀ in float64. */
function expected(x: Float32Array): Float64Array {
  const merged = Float64Array.from(weight, (value, at) => {
    const [o, i] = [Math.floor(at / width), at % width]
    return adapter.scale.reduce((sum, s, r) => sum + adapter.up[o * rank + r]! * s * adapter.down[r * width + i]!, value)
  })
  return Float64Array.from({ length: (x.length / width) * out }, (_, at) => {
    const [row, o] = [Math.floor(at / out), at % out]
    return Array.from({ length: width }, (_, i) => x[row * width + i]! * merged[o * width + i]!).reduce((sum, it) => sum + it)
  })
}

// Summing costs out · width for each rank, going apart rows · (width + out): the same at 15 rows.
for (const [rows, form] of [
  [14, 'apart'],
  [16, 'summed'],
] as const) {
  test(`an adapter on ${rows} rows of ${width} → ${out} is computed in the form that costs less: ${form}`, async () => {
    const graph = adaptedLinear(rows)
    const costs = { summed: 2 * rank * out * width, apart: 2 * rank * rows * (width + out) }
    assert.equal(flopsOf(graph), 2 * rows * width * out + costs[form])
    assert.equal(costs[form], Math.min(costs.summed, costs.apart))
    const x = someNumbers(rows * width, 4)
    const feeds = { x, 'to_q.weight.lora_down': adapter.down, 'to_q.weight.lora_up': adapter.up, 'to_q.weight.lora_scale': adapter.scale }
    for (const it of [graph, adaptedLinear(rows, true)]) {
      const [result] = await runOnce(cpuSession, it, [feeds])
      assert.ok(compare('y', 'relative', result!['y']!, expected(x), 0).error < 1e-6)
    }
  })
}
