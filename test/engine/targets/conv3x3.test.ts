import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare } from '../../../src/engine/arrays/comparison.ts'
import type { Graph, Value } from '../../../src/engine/onnx/graph.ts'
import { Graph as NewGraph } from '../../../src/engine/onnx/graph.ts'
import { directConv, usesWinograd, winogradConv } from '../../../src/engine/targets/conv3x3.ts'
import { cpu, noWinograd, winogradWhereFaster } from '../../../src/engine/targets/cpu.ts'
import { compute, someNumbers } from '../cpu-session.ts'

const inputs = (graph: Graph, [N, C, K, h, w]: readonly [number, number, number, number, number]): [Value, Value, Value] => [
  graph.input('x', 'float32', [N, C, h, w]),
  graph.input('kernel', 'float32', [K, C, 3, 3]),
  graph.input('bias', 'float32', [K]),
]

const around = { stride: 1, pads: [1, 1, 1, 1] } as const

for (const shape of [
  [1, 16, 16, 8, 8],
  [2, 8, 24, 5, 7],
  [3, 12, 4, 10, 14],
  [1, 4, 4, 2, 2],
  [1, 320, 64, 9, 13],
] as const) {
  const [N, C, K, h, w] = shape
  test(`Winograd's form gives the direct one's numbers: ${N} pictures of ${C} channels to ${K}, ${h}×${w}`, async () => {
    const feeds = { x: someNumbers(N * C * h * w, 1), kernel: someNumbers(K * C * 9, 2), bias: someNumbers(K, 3) }
    const direct = await compute((graph) => directConv(...inputs(graph, shape), around), feeds)
    const winograd = await compute((graph) => winogradConv(...inputs(graph, shape)), feeds)
    const { error } = compare('y', 'relative', winograd, direct, 0)
    assert.ok(error > 0, 'the two forms round differently; equal numbers mean that one was compared with itself')
    assert.ok(error < 1e-5, `relative error ${error}`)
  })
}

test('the CPU takes Winograd for wide kernels on pictures that fill its tiles, where it pays', () => {
  const written = (options: typeof winogradWhereFaster, C: number, side: number, stride: 1 | 2 = 1): boolean => {
    const graph = new NewGraph('test')
    cpu(options).conv3x3(...inputs(graph, [1, C, C, side, side]), { stride, pads: [1, 1, 1, 1] })
    return usesWinograd(graph)
  }
  assert.ok(written(winogradWhereFaster, 320, 32))
  assert.ok(!written(winogradWhereFaster, 64, 32))
  assert.ok(!written(winogradWhereFaster, 320, 4))
  assert.ok(!written(winogradWhereFaster, 1280, 8), 'the widest kernels stay as they are')
  assert.ok(!written(winogradWhereFaster, 128, 512), 'the tiles of the largest pictures would not fit')
  assert.ok(!written(winogradWhereFaster, 320, 32, 2))
  assert.ok(!written(noWinograd, 320, 32))
})
