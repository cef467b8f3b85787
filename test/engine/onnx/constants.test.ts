import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tensorOf } from '../../../src/engine/checkpoint/tensor/tensor.ts'
import { constantsOf, graphOf, withConstants } from '../../../src/engine/onnx/constants.ts'
import { Graph } from '../../../src/engine/onnx/graph.ts'
import { Add, Cast, MatMul, Reshape, Transpose } from '../../../src/engine/onnx/ops.ts'
import { cpuSession, someNumbers } from '../cpu-session.ts'

const half = (name: string, shape: readonly number[], seed: number) => {
  const values = new Float16Array(
    someNumbers(
      shape.reduce((a, b) => a * b),
      seed,
    ),
  )
  return { name, dtype: 'F16', shape, at: new Uint8Array(values.buffer) } as const
}

/** y = x · (cast w)ᵀ + cast b, where the transpose is used twice. */
function example(): Graph {
  const graph = new Graph('example')
  const x = graph.input('x', 'float32', [2, 4])
  const turned = Transpose(Cast(graph.initializer(half('w', [3, 4], 1)), 'float32'), [1, 0])
  const y = Add(MatMul(x, turned), Cast(graph.initializer(half('b', [3], 2)), 'float32'))
  graph.output('y', Add(y, MatMul(x, Reshape(turned, [4, 3]))))
  return graph
}

test('what depends on weights alone is found where it meets something else, once, with all that computes it', () => {
  const constants = constantsOf(example())
  assert.deepEqual(
    constants.map(({ value, nodes }) => [value.shape, nodes.map(({ op }) => op)]),
    [
      [
        [4, 3],
        ['Cast', 'Transpose'],
      ],
      [[3], ['Cast']],
    ],
  )
})

test('a weight in memory that is used as it is counts, one in a file does not', () => {
  const graph = new Graph('plain')
  const x = graph.input('x', 'float32', [4])
  const inMemory = graph.initializer(tensorOf('memory', [4], new Float32Array(4)))
  const inFile = graph.initializer({ name: 'file', dtype: 'F32', shape: [4], at: { file: '/weights', offset: 0 } })
  graph.output('y', Add(Add(x, inMemory), inFile))
  assert.deepEqual(
    constantsOf(graph).map(({ value }) => value.name),
    ['memory'],
  )
})

test('a graph with its constants computed beforehand gives the same numbers, and computes them no more', async () => {
  const graph = example()
  const constants = constantsOf(graph)
  const alone = await cpuSession.load(graphOf(graph, constants))
  const values = await alone.run({})
  await alone.release()
  const given = new Map(constants.map(({ value }) => [value.name, tensorOf(value.name, value.shape, values[value.name]!)]))
  const ready = withConstants(graph, given)
  assert.deepEqual(
    ready.nodes.map(({ op }) => op),
    ['MatMul', 'Add', 'MatMul', 'Add', 'Identity'],
  )
  assert.ok(!ready.initializers.has('w') && !ready.initializers.has('b'))

  const x = someNumbers(8, 3)
  const results = []
  for (const it of [graph, ready]) {
    const session = await cpuSession.load(it)
    results.push((await session.run({ x }))['y'])
    await session.release()
  }
  assert.deepEqual(results[0], results[1])
})

test('constants that are not given stay as they were', () => {
  const graph = example()
  const [turned] = constantsOf(graph)
  const ready = withConstants(graph, new Map([[turned!.value.name, tensorOf('t', [4, 3], new Float32Array(12))]]))
  assert.deepEqual(
    ready.nodes.map(({ op }) => op),
    ['Cast', 'MatMul', 'Add', 'MatMul', 'Add', 'Identity'],
  )
  assert.deepEqual([...ready.initializers.keys()].sort(), ['b', turned!.value.name].sort())
})
