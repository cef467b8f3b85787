import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ranks } from '../../../src/engine/checkpoint/lora/runtime/adapter-slots.ts'
import { Graph } from '../../../src/engine/onnx/graph.ts'
import { Add, MatMul, Mul, Transpose } from '../../../src/engine/onnx/ops.ts'
import { createRunner, type Runnable } from '../../../src/engine/pipeline/runner.ts'
import { createSession, type Feeds } from '../../../src/engine/runtime/session.ts'
import { createSessions } from '../../../src/engine/runtime/sessions.ts'

/** 2 x, and x downᵀ upᵀ added to it where there is a slot: x [1, 2]. */
function adapted(key: string, needed: Ranks = {}): Runnable {
  return {
    key,
    needed,
    build({ attention: R = 0, resnet = 0 }) {
      const graph = new Graph(`${key} ${R}${resnet ? ` resnet ${resnet}` : ''}`)
      const x = graph.input('x', 'float32', [1, 2])
      const twice = Mul(x, graph.constant([2, 2], [1, 2], 'float32'))
      if (R === 0) graph.output('y', twice)
      else {
        const [down, up] = [graph.input('down', 'float32', [R, 2]), graph.input('up', 'float32', [2, R])]
        graph.output('y', Add(twice, MatMul(MatMul(x, Transpose(down, [1, 0])), Transpose(up, [1, 0]))))
      }
      return graph
    },
  }
}

/** The first of the slot's ranks is used: down reads x₀, up writes `strength` of it to y₁. */
const applied =
  (strength: number) =>
  (capacity: Ranks): Feeds => {
    const R = capacity.attention ?? 0
    const [down, up] = [new Float32Array(R * 2), new Float32Array(2 * R)]
    if (R > 0) {
      down[0] = 1
      up[R] = strength
    }
    return { down, up, elsewhere: new Float32Array(1) }
  }

function runnerOf(budgetBytes = 1e9) {
  const loads: string[] = []
  const freed: string[] = []
  const sessions = createSessions({
    budgetBytes,
    load: async (graph) => {
      loads.push(graph.name)
      const session = await createSession(graph)
      const release = (): Promise<void> => {
        freed.push(graph.name)
        return session.release()
      }
      return { ...session, release }
    },
  })
  const runner = createRunner(sessions)
  const run = async (graph: Runnable, strength = 0): Promise<number[]> => {
    const { y } = await runner.run(graph, { x: Float32Array.of(3, 5) }, applied(strength))
    return [...y!]
  }
  return { run, runner, loads, freed, close: () => sessions.release() }
}

test('LoRAs of the same capacity share a session, each with what is its own', async () => {
  const { run, loads, close } = runnerOf()
  for (let i = 0; i < 10; i++) {
    assert.deepEqual(await run(adapted('a', { attention: 8 }), 2), [6, 16])
    assert.deepEqual(await run(adapted('a', { attention: 8 }), -1), [6, 7])
  }
  assert.deepEqual(loads, ['a 8'])
  await close()
})

test('a larger capacity takes the place of a smaller one, which it serves from then on', async () => {
  const { run, loads, freed, close } = runnerOf()
  await run(adapted('a', { attention: 8 }))
  await run(adapted('a', { attention: 32 }))
  assert.deepEqual({ loads, freed }, { loads: ['a 8', 'a 32'], freed: ['a 8'] })
  assert.deepEqual(await run(adapted('a', { attention: 8 }), 2), [6, 16])
  assert.deepEqual(await run(adapted('a', { attention: 16 }), 2), [6, 16])
  await run(adapted('a', { resnet: 8 }))
  assert.deepEqual(loads, ['a 8', 'a 32', 'a 32 resnet 8'], 'what was asked for before stays possible')
  assert.deepEqual(await run(adapted('a', { attention: 32 }), 1), [6, 13])
  assert.equal(loads.length, 3)
  await close()
})

test('without adapters the graph that has none is run, or, where only one with slots is loaded, that one', async () => {
  const { run, loads, freed, close } = runnerOf()
  await run(adapted('a', { attention: 8 }))
  assert.deepEqual(await run(adapted('a')), [6, 10])
  assert.deepEqual(loads, ['a 8'])
  const other = runnerOf()
  await other.run(adapted('a'))
  await other.run(adapted('a', { attention: 8 }))
  await other.run(adapted('a', { attention: 16 }))
  await other.run(adapted('a'))
  assert.deepEqual(
    { loads: other.loads, freed: other.freed },
    { loads: ['a 0', 'a 8', 'a 16'], freed: ['a 8'] },
    'the one without slots is not replaced',
  )
  assert.deepEqual(freed, [])
  await close()
  await other.close()
})

test('a session is told how many calls come at once', async () => {
  const told: (number | undefined)[] = []
  const sessions = createSessions({
    budgetBytes: 1e9,
    async load(graph) {
      const session = await createSession(graph)
      return {
        ...session,
        run(feeds, atOnce) {
          told.push(atOnce)
          return session.run(feeds)
        },
      }
    },
  })
  const runner = createRunner(sessions)
  const x = Float32Array.of(3, 5)
  await runner.run(adapted('a'), { x })
  await runner.runAll(adapted('a'), [{ x }, { x }])
  assert.deepEqual(told, [1, 2, 2])
  await sessions.release()
})

test('other keys have sessions of their own', async () => {
  const { run, loads, close } = runnerOf()
  await run(adapted('a', { attention: 8 }))
  await run(adapted('b', { attention: 8 }))
  assert.deepEqual(loads, ['a 8', 'b 8'])
  await close()
})

test('what was evicted from memory is loaded again, only as large as is asked for then', async () => {
  const { run, loads, close } = runnerOf(0)
  await run(adapted('a', { attention: 32 }))
  await run(adapted('b'))
  await run(adapted('a', { attention: 8 }), 2)
  assert.deepEqual(loads, ['a 32', 'b 0', 'a 8'])
  await close()
})

test('two at once do not take each other’s sessions away, and one that fails holds nobody up', async () => {
  const { run, runner, close } = runnerOf(0)
  const broken: Runnable = {
    ...adapted('c'),
    build() {
      throw new Error('no such weight')
    },
  }
  await run(adapted('a')) // the next run of a waits for its turn while b wants its memory
  const answers = await Promise.allSettled([
    ...['a', 'b', 'a', 'b'].map((key) => run(adapted(key))),
    runner.load(broken),
    ...['b', 'a'].map((key) => run(adapted(key, { attention: 8 }), 2)),
  ])
  assert.deepEqual(
    answers.map((it) => (it.status === 'fulfilled' ? it.value : String(it.reason))),
    [[6, 10], [6, 10], [6, 10], [6, 10], 'Error: no such weight', [6, 16], [6, 16]],
  )
  await close()
})
