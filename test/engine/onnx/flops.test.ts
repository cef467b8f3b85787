import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unetArchitecture } from '../../../src/engine/checkpoint/architecture/architecture.ts'
import { tensorOf } from '../../../src/engine/checkpoint/tensor/tensor.ts'
import { flopsOf } from '../../../src/engine/onnx/flops.ts'
import { Graph } from '../../../src/engine/onnx/graph.ts'
import { Attention, Conv, FusedMatMul, MatMul, MultiHeadAttention } from '../../../src/engine/onnx/ops.ts'
import { unetGraph } from '../../../src/engine/pipeline/graphs.ts'
import { sd15UNet } from '../../../src/engine/synthetic/sd15.ts'
import { cpu, noWinograd } from '../../../src/engine/targets/cpu.ts'

const count = (build: (graph: Graph) => void): number => {
  const graph = new Graph('test')
  build(graph)
  return flopsOf(graph)
}

test('a product of [M, K] and [K, N] takes 2 M K N, batches as often', () => {
  const product = (graph: Graph) => MatMul(graph.input('a', 'float32', [5, 2, 3]), graph.input('b', 'float32', [3, 4]))
  assert.equal(count(product), 5 * 2 * 2 * 3 * 4)
  const turned = (graph: Graph) => FusedMatMul(graph.input('a', 'float32', [2, 3]), graph.input('b', 'float32', [4, 3]), { transB: true })
  assert.equal(count(turned), 2 * 2 * 3 * 4)
})

test('a convolution counts each output once a number of its kernel, groups apart', () => {
  const convolution = (group: number) => (graph: Graph) =>
    Conv(graph.input('x', 'float32', [2, 4, 8, 8]), graph.input('w', 'float32', [6, 4 / group, 3, 3]), null, {
      stride: 2,
      pads: [1, 1, 1, 1],
      group,
    })
  assert.equal(count(convolution(1)), 2 * (2 * 6 * 4 * 4) * (4 * 9))
  assert.equal(count(convolution(2)), 2 * (2 * 6 * 4 * 4) * (2 * 9))
})

test('attention counts both of its products, and half of them where it is causal', () => {
  const sides = (graph: Graph) => ['q', 'k', 'v'].map((name, i) => graph.input(name, 'float32', [2, i === 0 ? 10 : 7, 16])) as never
  for (const form of [Attention, MultiHeadAttention]) {
    assert.equal(
      count((graph) => form(...(sides(graph) as [never, never, never]), { heads: 4 })),
      2 * (2 * 2 * 10 * 7 * 16),
    )
  }
})

test('SD 1.5 takes 677 GFLOP of convolutions and linears for 512 × 512, and 125 of attention', () => {
  const tensors = new Map([...sd15UNet()].map(([name, shape]) => [name, { ...tensorOf(name, [], new Float32Array(0)), shape }] as const))
  const model = { unet: { tensors, file: 'synthetic', architecture: unetArchitecture(tensors) }, motion: null }
  const graph = unetGraph(model, cpu(noWinograd), { animations: 1, frames: 1, h: 64, w: 64, tokens: 77 })
  const total = flopsOf(graph) / 1e9
  assert.ok(Math.abs(total - (677 + 125)) < 8, `${total}`)
  assert.throws(() => flopsOf(unetGraph(model, cpu(), { animations: 1, frames: 1, h: 64, w: 64, tokens: 77 })), /Winograd/)
})
