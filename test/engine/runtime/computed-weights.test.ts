import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, readdirSync, realpathSync, rmSync, truncateSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { compare } from '../../../src/engine/arrays/comparison.ts'
import { tensorOf } from '../../../src/engine/checkpoint/tensor/tensor.ts'
import { Graph } from '../../../src/engine/onnx/graph.ts'
import { MatMul } from '../../../src/engine/onnx/ops.ts'
import { unetGraph } from '../../../src/engine/pipeline/graphs.ts'
import { type Model, openModel } from '../../../src/engine/pipeline/model/model.ts'
import { createChecksummedCache } from '../../../src/engine/runtime/checksummed-cache.ts'
import { type ComputedWeights, createComputedWeights } from '../../../src/engine/runtime/computed-weights.ts'
import { createSession } from '../../../src/engine/runtime/session.ts'
import { cpu } from '../../../src/engine/targets/cpu.ts'
import { someNumbers, tiny } from '../cpu-session.ts'

const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-computed-'))
const dir = join(scratch, 'cache')
beforeEach(() => rmSync(dir, { recursive: true, force: true }))
after(() => rmSync(scratch, { recursive: true }))

const checkpoint = join(scratch, 'checkpoint.safetensors')
copyFileSync(join(tiny, 'checkpoint.safetensors'), checkpoint)
const model = openModel({ checkpoint })

/** Winograd wherever it can stand, so that its kernels are among what is computed. */
const target = cpu({ winograd: () => true })
const graphOf = (of: Model = model): Graph => unetGraph(of, target, { animations: 1, frames: 1, h: 16, w: 16, tokens: 77 })

let sessions = 0
function weights({ maxBytes = 1e9, minBytes = 0, onNote = (_: string): void => {} } = {}): ComputedWeights {
  const cache = createChecksummedCache({ dir, maxBytes, spareBytes: 0, onNote })
  return createComputedWeights({
    cache,
    minBytes,
    compute: async (graph) => {
      sessions++
      const session = await createSession(graph, { asWritten: true })
      const values = await session.run({})
      await session.release()
      return values
    },
  })
}

async function noise(graph: Graph, mapped: boolean): Promise<Float32Array> {
  const session = await createSession(graph, { mapped })
  const sizes = Object.fromEntries(graph.inputs.map(({ name, shape }) => [name, shape.reduce((a, b) => a * b)]))
  const { noise } = await session.run(Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, someNumbers(size)])))
  await session.release()
  return noise!
}

test('a net whose weights lie computed in files gives the numbers of one that computes them', async () => {
  const ready = await weights().prepare(graphOf())
  const large = ready.initializers.values().filter(({ tensor }) => tensor.at instanceof Uint8Array && tensor.at.length >= 65_536)
  assert.deepEqual([...large], [], 'nothing large is left in memory')
  assert.ok(readdirSync(dir).length > 50)
  const { error } = compare('noise', 'relative', await noise(ready, true), await noise(graphOf(), false), 0)
  assert.ok(error < 1e-5, `${error}`) // Winograd rounds to 4e-6, and otherwise in another order
})

test('the second start computes nothing', async () => {
  await weights().prepare(graphOf())
  sessions = 0
  const ready = await weights().prepare(graphOf())
  assert.equal(sessions, 0)
  assert.ok(ready.nodes.length < graphOf().nodes.length)
})

test('another size of picture finds the same files', async () => {
  await weights().prepare(graphOf())
  const files = readdirSync(dir).sort()
  await weights().prepare(unetGraph(model, target, { animations: 1, frames: 1, h: 8, w: 24, tokens: 77 }))
  assert.deepEqual(readdirSync(dir).sort(), files)
})

test('a file that was damaged is computed again, and the others are not', async () => {
  const first = await noise(await weights().prepare(graphOf()), true)
  const files = readdirSync(dir).sort()
  truncateSync(join(dir, files[3]!), 70_000)
  sessions = 0
  const again = await noise(await weights().prepare(graphOf()), true)
  assert.equal(sessions, 1)
  assert.deepEqual(readdirSync(dir).sort(), files)
  assert.deepEqual(again, first)
})

test('a checkpoint that was replaced under its name is another one', async () => {
  await weights().prepare(graphOf())
  const files = readdirSync(dir).length
  const later = new Date(Date.now() + 5000)
  utimesSync(checkpoint, later, later)
  await weights().prepare(graphOf(openModel({ checkpoint })))
  assert.equal(readdirSync(dir).length, 2 * files)
})

test('small nets are left alone', async () => {
  const graph = graphOf()
  assert.equal(await weights({ minBytes: 1e9 }).prepare(graph), graph)
  assert.throws(() => readdirSync(dir), { code: 'ENOENT' })
})

test('without space the net is loaded all the same, with a note', async () => {
  const notes: string[] = []
  const ready = await weights({ maxBytes: 1000, onNote: (note) => notes.push(note) }).prepare(graphOf())
  assert.deepEqual(await noise(ready, false), await noise(graphOf(), false))
  assert.equal(notes.length, 1)
  assert.deepEqual(readdirSync(dir), [])
})

test('weights that were merged in memory are kept by their contents', async () => {
  const merged = (seed: number): Graph => {
    const graph = new Graph('merged')
    const weight = graph.initializer(tensorOf('weight', [128, 256], someNumbers(128 * 256, seed)))
    graph.output('noise', MatMul(graph.input('x', 'float32', [2, 128]), weight))
    return graph
  }
  const ready = await weights().prepare(merged(1))
  assert.ok(!(ready.initializers.get('weight')!.tensor.at instanceof Uint8Array))
  assert.deepEqual(await noise(ready, true), await noise(merged(1), false))
  await weights().prepare(merged(1))
  assert.equal(readdirSync(dir).length, 1)
  await weights().prepare(merged(2))
  assert.equal(readdirSync(dir).length, 2)
})
