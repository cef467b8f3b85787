import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { openModel } from '../../../src/engine/index.ts'
import { Graph } from '../../../src/engine/onnx/graph.ts'
import { Mul } from '../../../src/engine/onnx/ops.ts'
import { unetGraph } from '../../../src/engine/pipeline/graphs.ts'
import { type ChecksummedCacheOptions, createChecksummedCache } from '../../../src/engine/runtime/checksummed-cache.ts'
import { createOptimizedGraphs } from '../../../src/engine/runtime/optimized-graphs.ts'
import { openSession, type WrittenGraph, written } from '../../../src/engine/runtime/session.ts'
import { cpu } from '../../../src/engine/targets/cpu.ts'

const scratch = mkdtempSync(join(tmpdir(), 'zoetrope-optimized-'))
const dir = join(scratch, 'kept')
beforeEach(() => rmSync(dir, { recursive: true, force: true }))
after(() => rmSync(scratch, { recursive: true }))

const graphs = (changes: Partial<ChecksummedCacheOptions> = {}) =>
  createOptimizedGraphs(createChecksummedCache({ dir, maxBytes: 1e9, pointedInto: false, spareBytes: 0, ...changes }))

function byWeight(file: string): Graph {
  const graph = new Graph('by-weight')
  const weight = graph.initializer({ name: 'w', dtype: 'F32', shape: [2], at: { file, offset: 0 } })
  graph.output('y', Mul(graph.input('x', 'float32', [2]), weight))
  return graph
}

function weightFile(name: string, ...values: number[]): string {
  const path = join(scratch, name)
  writeFileSync(path, Float32Array.from(values))
  return path
}

async function ran(form: WrittenGraph, x: Float32Array): Promise<number[]> {
  const session = await openSession(form, { threads: 1 })
  const { y } = await session.run({ x })
  await session.release()
  return [...y!]
}

const x = Float32Array.of(1, 10)

test('a net is made once, and computes what it computes without', async () => {
  const net = unetGraph(openModel({ checkpoint: 'models/pocket' }), cpu(), { animations: 1, frames: 2, h: 8, w: 8, tokens: 77 })
  const made = await graphs().prepare(net)
  assert.ok(made.optimized && !(made.model instanceof Uint8Array))
  assert.deepEqual(await graphs().prepare(net), made, 'found by the next process')
  assert.equal(readdirSync(dir).length, 1)
  const noise = async (form: WrittenGraph) => {
    const feeds = Object.entries(form.inputs).map(([name, shape]) => {
      const size = shape.reduce((product, side) => product * side, 1)
      return [name, Float32Array.from({ length: size }, (_, i) => Math.sin(i))] as const
    })
    const session = await openSession(form, { threads: 1 })
    const outputs = await session.run(Object.fromEntries(feeds))
    await session.release()
    return outputs['noise']!
  }
  assert.deepEqual(await noise(made), await noise(written(net)))
})

test('weights that were changed make another', async () => {
  const path = weightFile('changed', 2, 3)
  assert.deepEqual(await ran(await graphs().prepare(byWeight(path)), x), [2, 30])
  weightFile('changed', 4, 5)
  utimesSync(path, 1, 1)
  assert.deepEqual(await ran(await graphs().prepare(byWeight(path)), x), [4, 50])
  assert.equal(readdirSync(dir).length, 2)
})

test('where there is no space, or nothing can be written, the graph is taken as it is written', async () => {
  const graph = byWeight(weightFile('plain', 2, 3))
  for (const changes of [{ spareBytes: 1e18 }, { maxBytes: 1 }]) {
    const form = await graphs(changes).prepare(graph)
    assert.equal(form.optimized, undefined)
    assert.deepEqual(await ran(form, x), [2, 30])
  }
  assert.deepEqual(readdirSync(dir), [])
})

test('a graph at fault is left to whoever opens it, and nothing is kept', async () => {
  const form = await graphs().prepare(byWeight(weightFile('short', 2)))
  assert.equal(form.optimized, undefined)
  await assert.rejects(openSession(form, { threads: 1 }), /out of bounds/)
  assert.deepEqual(readdirSync(dir), [])
})
