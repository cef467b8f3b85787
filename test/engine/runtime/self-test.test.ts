import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../../../src/engine/errors.ts'
import type { Graph } from '../../../src/engine/onnx/graph.ts'
import type { LoadAlone } from '../../../src/engine/runtime/device-probe.ts'
import { attentionCases, selfTest } from '../../../src/engine/runtime/self-test.ts'
import { createSession } from '../../../src/engine/runtime/session.ts'

/** The CPU in the part of a GPU whose results, for the graphs that `spoils` picks, are wrong by a twentieth. */
const gpuThat =
  (spoils: (graph: Graph) => boolean): LoadAlone =>
  async (graph, device) => {
    const session = await createSession(graph)
    if (device === 'cpu' || !spoils(graph)) return session
    return {
      ...session,
      async run(feeds) {
        const { y } = await session.run(feeds)
        return { y: y!.map((value, i) => value * (i % 2 ? 1.05 : 0.95)) }
      },
    }
  }

const has = (graph: Graph, op: string): boolean => graph.nodes.some((node) => node.op === op)
const inputShape = (graph: Graph): readonly number[] => graph.inputs[0]!.shape

test('a GPU that computes well keeps its fused attention, in half precision', async () => {
  const found = await selfTest(
    'cuda',
    gpuThat(() => false),
  )
  assert.equal(found.type, 'float16')
  assert.deepEqual(found.fused, new Set(['self', 'cross', 'temporal']))
  assert.deepEqual(found.notes, [])
  assert.equal(found.findings.length, attentionCases.length + 2)
})

test('fused attention that is wrong for one kind is given up for that kind, and said', async () => {
  const found = await selfTest(
    'webgpu',
    gpuThat((graph) => has(graph, 'MultiHeadAttention') && inputShape(graph)[1] === 256 && inputShape(graph)[2] === 160),
  )
  assert.deepEqual(found.fused, new Set(['cross', 'temporal']))
  assert.deepEqual(found.notes, [
    'Fused self attention of 256 × 256, heads of 80 is off by 5.0 % on webgpu, so self attention is written in the exact form, which is slower.',
  ])
})

test('half precision that is wrong gives way to float32', async () => {
  const found = await selfTest(
    'webgpu',
    gpuThat((graph) => has(graph, 'Cast') && graph.inputs.length === 2),
    { cases: attentionCases.slice(0, 1) },
  )
  assert.equal(found.type, 'float32')
  assert.match(found.notes[0]!, /^webgpu gets float16 wrong \(a product is off by 5\.\d* %\), so it is not used\.$/)
})

test('a type that the device cannot load counts as wrong', async () => {
  const load: LoadAlone = async (graph, device) => {
    if (device !== 'cpu' && has(graph, 'Cast')) throw new Error('the adapter has no shader-f16')
    return createSession(graph)
  }
  const found = await selfTest('webgpu', load, { cases: attentionCases.slice(0, 1) })
  assert.equal(found.type, 'float32')
  assert.deepEqual(found.findings[0], {
    what: 'a product',
    type: 'float16',
    error: Infinity,
    ok: false,
    message: 'the adapter has no shader-f16',
  })
})

test('what the provider says of a kernel that it cannot run is kept with the finding', async () => {
  const load: LoadAlone = async (graph, device) => {
    if (device !== 'cpu' && has(graph, 'MultiHeadAttention')) throw new Error('head size 160 is not supported')
    return createSession(graph)
  }
  const found = await selfTest('webgpu', load, { cases: attentionCases.slice(-1) })
  assert.deepEqual(found.fused, new Set())
  assert.deepEqual(
    found.findings.filter(({ ok }) => !ok).map(({ what, message }) => ({ what, message })),
    [{ what: 'temporal attention of 32 × 32, heads of 160', message: 'head size 160 is not supported' }],
  )
  assert.match(found.notes[0]!, /^Fused temporal attention of 32 × 32, heads of 160 does not run on webgpu,/)
})

test('a device that gets plain products wrong is refused', async () => {
  await assert.rejects(
    selfTest(
      'webgpu',
      gpuThat(() => true),
      { cases: attentionCases.slice(0, 1) },
    ),
    (error: unknown) => error instanceof UserError && error.code === 'device-wrong' && error.message.includes('use --device cpu'),
  )
})

test('a device without a fused kernel is asked for products and the exact form only', async () => {
  const found = await selfTest(
    'coreml',
    gpuThat(() => false),
  )
  assert.equal(found.findings.length, 2)
  assert.deepEqual(found.fused, new Set())
})

test('nothing is asked of the CPU', async () => {
  const found = await selfTest('cpu', () => assert.fail('no graph is loaded'))
  assert.deepEqual({ type: found.type, findings: found.findings.length }, { type: 'float32', findings: 0 })
})
