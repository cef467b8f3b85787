import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Graph } from '../../../src/engine/onnx/graph.ts'
import { Mul } from '../../../src/engine/onnx/ops.ts'
import { written } from '../../../src/engine/runtime/session.ts'
import { createSessionThreads } from '../../../src/engine/runtime/session-threads.ts'

function twice(): Graph {
  const graph = new Graph('twice')
  graph.output('y', Mul(graph.input('x', 'float32', [2]), graph.constant([2], [1], 'float32')))
  return graph
}

test('calls that come at once are all answered, each with its own', async () => {
  const session = await createSessionThreads(2).open(Promise.resolve(written(twice())), { threads: 1 })
  const asked = Array.from({ length: 7 }, (_, i) => Float32Array.of(i, -i))
  const answers = await Promise.all(asked.map((x) => session.run({ x })))
  assert.deepEqual(
    answers.map(({ y }) => [...y!]),
    asked.map(([a, b]) => [2 * a!, 2 * b!]),
  )
  await session.release()
})

test('a call that is wrong fails alone, with its reason', async () => {
  const session = await createSessionThreads(2).open(Promise.resolve(written(twice())), { threads: 1 })
  const x = Float32Array.of(1, 2)
  const [wrong, right] = await Promise.allSettled([session.run({ z: x }), session.run({ x })])
  assert.match(String(wrong.status === 'rejected' && wrong.reason), /twice has no input z/)
  assert.equal(right.status, 'fulfilled')
  assert.deepEqual([...(await session.run({ x })).y!], [2, 4], 'the thread that failed goes on')
  await session.release()
})

test('a net whose file has gone is refused as ONNX Runtime refuses it', async () => {
  const graph = new Graph('gone')
  const weight = graph.initializer({ name: 'w', dtype: 'F32', shape: [2], at: { file: '/no/such/file', offset: 0 } })
  graph.output('y', Mul(graph.input('x', 'float32', [2]), weight))
  await assert.rejects(createSessionThreads(2).open(Promise.resolve(written(graph)), { threads: 1 }), /no\/such\/file/)
})

test('a session of calls that come alone, which could not be opened, is opened at the next', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'session-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'weights')
  writeFileSync(file, Float32Array.of(2, 3))
  const graph = new Graph('away')
  const weight = graph.initializer({ name: 'w', dtype: 'F32', shape: [2], at: { file, offset: 0 } })
  graph.output('y', Mul(graph.input('x', 'float32', [2]), weight))
  const session = await createSessionThreads(2).open(Promise.resolve(written(graph)), { threads: 1 })
  const x = Float32Array.of(1, 2)
  renameSync(file, `${file}.away`)
  await assert.rejects(session.run({ x }, 1), /weights/)
  assert.deepEqual([...(await session.run({ x })).y!], [2, 6], 'those that are open go on')
  renameSync(`${file}.away`, file)
  assert.deepEqual([...(await session.run({ x }, 1)).y!], [2, 6])
  await session.release()
})

test('after its release nothing is left that would answer', async () => {
  const session = await createSessionThreads(2).open(Promise.resolve(written(twice())), { threads: 1 })
  await session.release()
  await assert.rejects(session.run({ x: Float32Array.of(1, 2) }), /This net was released/)
})

test('a call that comes alone has its answer from a session of its own, which is released with the others', async () => {
  const session = await createSessionThreads(2).open(Promise.resolve(written(twice())), { threads: 1 })
  const x = Float32Array.of(1, 2)
  const answers = await Promise.all([session.run({ x }, 1), session.run({ x }, 2), session.run({ x }, 2), session.run({ x }, 1)])
  for (const { y } of answers) assert.deepEqual([...y!], [2, 4])
  await session.release()
  await assert.rejects(session.run({ x }, 1), /This net was released/)
})

const tasks = '/proc/self/task'

test('the session of calls that come alone has the cores of all threads', { skip: !existsSync(tasks) }, async () => {
  const session = await createSessionThreads(2).open(Promise.resolve(written(twice())), { threads: 3 })
  const x = Float32Array.of(1, 2)
  await Promise.all([session.run({ x }, 2), session.run({ x }, 2)])
  const before = readdirSync(tasks).length
  await session.run({ x }, 1)
  // ONNX Runtime has a thread for every core but the caller's; Node's own pool has four at most.
  assert.ok(readdirSync(tasks).length >= before + 5, `${before} threads became ${readdirSync(tasks).length}`)
  await session.release()
})

test('nets share the threads, and one that is released leaves the others', async () => {
  const threads = createSessionThreads(2)
  const open = () => threads.open(Promise.resolve(written(twice())), { threads: 1 })
  const [one, other] = await Promise.all([open(), open()])
  await one!.release()
  const x = Float32Array.of(1, 2)
  const answers = await Promise.all([other!.run({ x }), other!.run({ x })])
  assert.deepEqual(
    answers.map(({ y }) => [...y!]),
    [
      [2, 4],
      [2, 4],
    ],
  )
})

test('a graph that could not be made is reported as it was, and the next is opened', async () => {
  const threads = createSessionThreads(2)
  await assert.rejects(threads.open(Promise.reject(new Error('not made')), { threads: 1 }), /not made/)
  const session = await threads.open(Promise.resolve(written(twice())), { threads: 1 })
  assert.deepEqual([...(await session.run({ x: Float32Array.of(1, 2) })).y!], [2, 4])
})
