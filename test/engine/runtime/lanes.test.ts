import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Graph } from '../../../src/engine/onnx/graph.ts'
import { Mul } from '../../../src/engine/onnx/ops.ts'
import { openLanes, startLanes } from '../../../src/engine/runtime/lanes.ts'
import { written } from '../../../src/engine/runtime/session.ts'

function twice(): Graph {
  const graph = new Graph('twice')
  graph.output('y', Mul(graph.input('x', 'float32', [2]), graph.constant([2], [1], 'float32')))
  return graph
}

test('calls that come at once are all answered, each with its own', async () => {
  const session = await openLanes(startLanes(2), written(twice()), { threads: 1 })
  const asked = Array.from({ length: 7 }, (_, i) => Float32Array.of(i, -i))
  const answers = await Promise.all(asked.map((x) => session.run({ x })))
  assert.deepEqual(
    answers.map(({ y }) => [...y!]),
    asked.map(([a, b]) => [2 * a!, 2 * b!]),
  )
  await session.release()
})

test('a call that is wrong fails alone, with its reason', async () => {
  const session = await openLanes(startLanes(2), written(twice()), { threads: 1 })
  const x = Float32Array.of(1, 2)
  const [wrong, right] = await Promise.allSettled([session.run({ z: x }), session.run({ x })])
  assert.match(String(wrong.status === 'rejected' && wrong.reason), /twice has no input z/)
  assert.equal(right.status, 'fulfilled')
  assert.deepEqual([...(await session.run({ x })).y!], [2, 4], 'the lane that failed goes on')
  await session.release()
})

test('a net whose file has gone is refused as ONNX Runtime refuses it', async () => {
  const graph = new Graph('gone')
  const weight = graph.initializer({ name: 'w', dtype: 'F32', shape: [2], at: { file: '/no/such/file', offset: 0 } })
  graph.output('y', Mul(graph.input('x', 'float32', [2]), weight))
  await assert.rejects(openLanes(startLanes(2), written(graph), { threads: 1 }), /no\/such\/file/)
})

test('after its release nothing is left that would answer', async () => {
  const session = await openLanes(startLanes(2), written(twice()), { threads: 1 })
  await session.release()
  await assert.rejects(session.run({ x: Float32Array.of(1, 2) }), /The thread of this net has ended/)
})
