// What differentiation writes into a graph, and what it leaves out.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gradients } from '../../../src/engine/onnx/gradient.ts'
import { Graph, type Node, type Value } from '../../../src/engine/onnx/graph.ts'
import { Add, MatMul, Mul, ReduceSum, Reshape, Sigmoid, Sub, Transpose } from '../../../src/engine/onnx/ops.ts'
import { createSession } from '../../../src/engine/runtime/session.ts'
import { someNumbers } from '../cpu-session.ts'

const options = { kernels: { fusedMatMul: true, normStatistics: true } }
const sumOf = (x: Value): Value =>
  Reshape(
    ReduceSum(
      x,
      x.shape.map((_, axis) => axis),
    ),
    [],
  )

test('nothing is written for what no wanted value needs', () => {
  const graph = new Graph('test')
  const x = graph.input('x', 'float32', [3, 4])
  const frozen = graph.input('frozen', 'float32', [4, 4])
  const wanted = graph.input('wanted', 'float32', [4, 5])
  const y = sumOf(MatMul(Sigmoid(MatMul(x, frozen)), wanted))
  const forward = graph.nodes.length
  const found = gradients(y, [wanted], options)
  const written = graph.nodes.slice(forward).map(({ name }) => name)
  assert.deepEqual([...found.keys()], ['wanted'])
  assert.deepEqual(found.get('wanted')!.shape, [4, 5])
  assert.deepEqual(written, ['backward//Reshape', 'backward//Expand', 'backward//FusedMatMul'])
})

test('what the number does not depend on has no gradient', () => {
  const graph = new Graph('test')
  const [x, other] = [graph.input('x', 'float32', [2]), graph.input('other', 'float32', [2])]
  Mul(other, other)
  assert.deepEqual([...gradients(sumOf(x), [x, other], options).keys()], ['x'])
})

test('a value that is read several times gets the sum, and so does one that was broadcast', async () => {
  const graph = new Graph('test')
  const x = graph.input('x', 'float32', [2, 3])
  const row = graph.input('row', 'float32', [3])
  const y = sumOf(Add(Mul(x, x), Mul(x, row))) // 2 x + row, Σ x over the rows
  const found = gradients(y, [x, row], options)
  for (const name of ['x', 'row']) graph.output(`d ${name}`, found.get(name)!)
  const session = await createSession(graph)
  const got = await session.run({ x: Float32Array.of(1, 2, 3, 4, 5, 6), row: Float32Array.of(10, 20, 30) })
  await session.release()
  assert.deepEqual([...got['d x']!], [12, 24, 36, 18, 30, 42])
  assert.deepEqual([...got['d row']!], [5, 7, 9])
})

test('a seed stands for the gradient of what comes behind', async () => {
  const graph = new Graph('test')
  const x = graph.input('x', 'float32', [2, 2])
  const seed = graph.input('seed', 'float32', [2, 2])
  graph.output('dx', gradients(Mul(x, x), [x], { ...options, seed }).get('x')!)
  const session = await createSession(graph)
  const { dx } = await session.run({ x: Float32Array.of(1, 2, 3, 4), seed: Float32Array.of(1, 0, 2, -1) })
  await session.release()
  assert.deepEqual([...dx!], [2, 0, 12, -8])
  assert.throws(() => gradients(Mul(x, x), [x], options), /\[2,2\] is not a single number: a seed is needed/)
})

test('an operator without a rule is named with its place in the net', () => {
  const graph = new Graph('test')
  const x = graph.input('x', 'float32', [1, 4, 4, 32])
  const y = graph.within('down_blocks.0.norm1', () => graph.node('GroupNorm', [x], {}, [x], { domain: 'com.microsoft' })[0]!)
  assert.throws(() => gradients(sumOf(y), [x], options), /^Error: down_blocks\.0\.norm1\/GroupNorm: no gradient is known for GroupNorm/)
})

test('nodes of the way back carry the path of those that they belong to', () => {
  const graph = new Graph('test')
  const x = graph.input('x', 'float32', [2, 2])
  const y = sumOf(graph.within('mid_block.attn', () => Sigmoid(x)))
  gradients(y, [x], options)
  const back = graph.nodes.filter(({ name }) => name.startsWith('backward/mid_block.attn/'))
  assert.deepEqual(
    back.map(({ op }) => op),
    ['Mul', 'Sub', 'Mul'],
  )
})

/** Three blocks in a row; the gradient of each needs what lies inside it. */
function chain(recomputes: boolean): { graph: Graph; inner: readonly Value[] } {
  const graph = new Graph('test')
  const weights = [0, 1, 2].map((i) => graph.input(`w${i}`, 'float32', [8, 8]))
  const inner: Value[] = []
  let x = graph.input('x', 'float32', [4, 8])
  for (const [i, w] of weights.entries()) {
    x = graph.within(`blocks.${i}`, () => {
      const y = Sigmoid(MatMul(x, w))
      inner.push(y)
      return Sub(Mul(y, y), x)
    })
  }
  const segmentOf = ({ name }: Node): string | undefined => /^blocks\.\d/.exec(name)?.[0]
  const found = gradients(sumOf(x), weights, { ...options, ...(recomputes && { checkpointing: { segmentOf } }) })
  for (const { name } of weights) graph.output(`d ${name}`, found.get(name)!)
  return { graph, inner }
}

test('what lies inside a segment is computed again, with the same result to the last bit', async () => {
  const feeds = Object.fromEntries(chain(false).graph.inputs.map(({ name, shape }, i) => [name, someNumbers(shape[0]! * shape[1]!, i + 1)]))
  const results = []
  for (const recomputes of [false, true]) {
    const session = await createSession(chain(recomputes).graph, { asWritten: true })
    results.push(await session.run(feeds))
    await session.release()
  }
  assert.deepEqual(results[0], results[1])
})

test('the way back reads nothing of the inside of a segment but copies', () => {
  const { graph, inner } = chain(true)
  const kept = new Set(inner.map(({ name }) => name))
  const back = graph.nodes.filter(({ name }) => /^(backward|again)\//.test(name))
  const read = back.flatMap(({ inputs }) => inputs.map((input) => input!.name))
  assert.deepEqual(
    read.filter((name) => kept.has(name)),
    [],
  )
  const copies = back.filter(({ name }) => name.startsWith('again/')).map(({ name }) => name)
  assert.deepEqual(
    copies.toSorted(),
    [0, 1, 2].flatMap((i) => [`again/blocks.${i}/MatMul`, `again/blocks.${i}/Sigmoid`]),
  )
})

test('what is made of weights alone is not computed again', () => {
  const graph = new Graph('test')
  const x = graph.input('x', 'float32', [2, 3])
  const frozen = graph.initializer({ name: 'frozen', dtype: 'F32', shape: [3, 3], at: new Uint8Array(36) })
  const y = graph.within('block', () => Sigmoid(MatMul(Sigmoid(x), Transpose(frozen, [1, 0]))))
  gradients(sumOf(y), [x], { ...options, checkpointing: { segmentOf: () => 'block' } })
  assert.equal(graph.nodes.filter(({ op, name }) => op === 'Transpose' && name.startsWith('again/')).length, 0)
})

test('of a product that is kept the sum with its bias is kept in its place, and neither is computed again', () => {
  const graph = new Graph('test')
  const x = graph.input('x', 'float32', [2, 3])
  const [weight, bias] = [graph.input('weight', 'float32', [3, 4]), graph.input('bias', 'float32', [4])]
  const y = graph.within('block', () => Sub(Sigmoid(Add(MatMul(x, weight), bias)), bias))
  const keeps = ({ op }: Node): boolean => op === 'MatMul'
  gradients(sumOf(y), [weight], { ...options, checkpointing: { segmentOf: ({ name }) => /^block/.exec(name)?.[0], keeps } })
  const [copies, back] = ['again/', 'backward/'].map((path) => graph.nodes.filter(({ name }) => name.startsWith(path)))
  assert.deepEqual(
    copies!.map(({ op }) => op),
    ['Sigmoid'],
  )
  const read = new Set([...copies!, ...back!].flatMap(({ inputs }) => inputs.map((input) => input!.name)))
  assert.deepEqual([read.has('block/Add'), read.has('block/MatMul')], [true, false])
})
