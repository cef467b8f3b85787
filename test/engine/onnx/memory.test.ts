// The plan of a graph's memory, on graphs small enough to follow by hand.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Graph, type Value } from '../../../src/engine/onnx/graph.ts'
import { plannedMemory, runningOrder } from '../../../src/engine/onnx/memory.ts'
import { Concat, MatMul, Mul, Reshape, Sigmoid, Transpose } from '../../../src/engine/onnx/ops.ts'
import { withRows } from '../../../src/engine/onnx/rows.ts'
import { createSession } from '../../../src/engine/runtime/session.ts'
import { someNumbers } from '../cpu-session.ts'

const kib = 1024

/** [16, 16] in float32 is 1 KiB. */
const started = (): { graph: Graph; x: Value } => {
  const graph = new Graph('test')
  return { graph, x: graph.input('x', 'float32', [16, 16]) }
}

test('what the last output needs runs first, and of what a node reads the last written', () => {
  const { graph, x } = started()
  const a = graph.within('a', () => MatMul(x, x))
  const b = graph.within('b', () => MatMul(x, x))
  const c = graph.within('c', () => MatMul(a, b))
  graph.output('first', a)
  graph.output('last', c)
  const order = runningOrder(graph).map(({ name }) => name)
  assert.deepEqual(order, ['b/MatMul', 'a/MatMul', 'c/MatMul', 'Identity:1', 'Identity'])
})

test('values of one shape take turns in a buffer', () => {
  const { graph, x } = started()
  let y = x
  for (let i = 0; i < 5; i++) y = MatMul(y, y)
  graph.output('y', y)
  assert.equal(plannedMemory(graph).bytes, 2 * kib)
})

test('a buffer is kept between two values that share it', () => {
  const { graph, x } = started()
  const early = MatMul(x, x) // read for the last time by the next line, and kept for y all the same
  const wide = Concat([early, early, early, early], 1) // [16, 64]
  graph.output('y', MatMul(wide, Transpose(wide, [1, 0])))
  assert.deepEqual(plannedMemory(graph), { bytes: (1 + 4 + 4) * kib, at: 'Transpose' })
})

test('what is computed element by element overwrites what nobody else reads', () => {
  const { graph, x } = started()
  const y = MatMul(x, x)
  graph.output('y', Sigmoid(Mul(y, y)))
  assert.equal(plannedMemory(graph).bytes, kib)
  const again = started()
  const read = MatMul(again.x, again.x)
  again.graph.output('y', Mul(Sigmoid(read), read))
  assert.equal(plannedMemory(again.graph).bytes, 2 * kib)
})

test('outputs and what is only seen in another shape take no memory twice', () => {
  const { graph, x } = started()
  graph.output('y', Reshape(MatMul(x, x), [256]))
  assert.equal(plannedMemory(graph).bytes, kib)
})

/** Rows, [B, S, C] and back, with sums over one row and over one number a row. */
function mixed(): Graph {
  const graph = new Graph('test')
  const x = graph.input('x', 'float32', [4, 6, 8])
  const w = graph.input('w', 'float32', [8, 8])
  const row = graph.input('row', 'float32', [8])
  const each = graph.input('each', 'float32', [4, 6, 1])
  const table = graph.input('table', 'float32', [6, 8])
  const y = Mul(Mul(Sigmoid(x), row), each)
  const product = Reshape(MatMul(Reshape(y, [24, 8]), w), [4, 6, 8])
  const z = Mul(product, y)
  graph.output('z', Transpose(z, [1, 0, 2]))
  graph.output('product', product)
  graph.output('table+', Mul(z, table)) // a table of its own for every place: no rows
  return graph
}

test('written on rows a graph gives the same to the last bit, and what can be is on rows', async () => {
  const graph = mixed()
  const feeds = Object.fromEntries(
    graph.inputs.map(({ name, shape }, i) => [
      name,
      someNumbers(
        shape.reduce((a, b) => a * b, 1),
        i + 1,
      ),
    ]),
  )
  const results = []
  for (const written of [graph, withRows(graph)]) {
    const session = await createSession(written, { asWritten: true })
    results.push(await session.run(feeds))
    await session.release()
  }
  assert.deepEqual(results[0], results[1])
  const threefold = ({ nodes }: Graph): string[] =>
    nodes.flatMap(({ op, name, outputs }) => (outputs[0]!.shape.length === 3 && op !== 'Reshape' && op !== 'Identity' ? [name] : []))
  assert.deepEqual(threefold(graph), ['Sigmoid', 'Mul', 'Mul:1', 'Mul:2', 'Transpose', 'Mul:3'])
  assert.deepEqual(threefold(withRows(graph)), ['Transpose', 'Mul:3'])
})

test('what nobody reads is not written on rows', () => {
  const graph = mixed()
  const x = graph.inputs[0]!
  graph.within('unread', () => Mul(Sigmoid(x), x))
  const unread = ({ nodes }: Graph): number => nodes.filter(({ name }) => name.startsWith('unread/')).length
  assert.deepEqual([unread(graph), unread(withRows(graph))], [2, 0])
})
