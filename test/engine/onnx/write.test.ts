import assert from 'node:assert/strict'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openSafetensors } from '../../../src/engine/checkpoint/safetensors/safetensors.ts'
import { Graph } from '../../../src/engine/onnx/graph.ts'
import { Add, Cast, Conv, MatMul, Mul, QuickGelu, Softmax, Split } from '../../../src/engine/onnx/ops.ts'
import { ProtobufWriter } from '../../../src/engine/onnx/protobuf.ts'
import { writeModel } from '../../../src/engine/onnx/write.ts'
import { compute, cpuSession, someNumbers } from '../cpu-session.ts'

const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-write-'))
after(() => rmSync(scratch, { recursive: true }))

const hex = (message: ProtobufWriter): string => Buffer.from(message.finish()).toString('hex')

// Examples of protobuf.dev/programming-guides/encoding: Test1 { a: 150 }, Test2 { b: "testing" }, Test3 { c: Test1 }.
test('messages are written as the format describes them', () => {
  assert.equal(hex(new ProtobufWriter().int(1, 150)), '089601')
  assert.equal(hex(new ProtobufWriter().string(2, 'testing')), '120774657374696e67')
  assert.equal(hex(new ProtobufWriter().message(3, new ProtobufWriter().int(1, 150))), '1a03089601')
  assert.equal(hex(new ProtobufWriter().int(1, -2)), '08feffffffffffffffff01')
  assert.equal(hex(new ProtobufWriter().float(1, 1)), '0d0000803f')
  assert.equal(hex(new ProtobufWriter().int(1, 2n ** 63n - 1n)), '08ffffffffffffffff7f')
})

test('ONNX Runtime loads what is written: every kind of attribute, several outputs, an input left out', async () => {
  const x = someNumbers(2 * 4 * 6 * 5)
  const y = await compute(
    (graph) => {
      const [a, b] = Split(graph.input('x', 'float32', [2, 4, 6, 5]), 2, 1)
      const kernel = graph.constant(Array(2 * 2 * 9).fill(0.5), [2, 2, 3, 3], 'float32')
      return Softmax(Add(QuickGelu(Conv(a!, kernel, null, { pads: [1, 1, 1, 1] }), 1.702), b!))
    },
    { x },
  )
  assert.equal(y.length, 2 * 2 * 6 * 5)
  for (let row = 0; row < y.length; row += 5) {
    const sum = y.subarray(row, row + 5).reduce((total, value) => total + value, 0)
    assert.ok(Math.abs(sum - 1) < 1e-6, `a row of the softmax sums to ${sum}`)
  }
})

test('weights stay in their file at whatever byte they begin', async () => {
  for (const skew of [0, 1, 2, 3, 5]) {
    const single = someNumbers(40 * 30)
    const halves = Float16Array.from(someNumbers(30, 7))
    const data = Buffer.concat([new Uint8Array(skew), new Uint8Array(halves.buffer), new Uint8Array(single.buffer)])
    const header = JSON.stringify({
      skew: { dtype: 'U8', shape: [skew], data_offsets: [0, skew] },
      halves: { dtype: 'F16', shape: [30], data_offsets: [skew, skew + 60] },
      single: { dtype: 'F32', shape: [40, 30], data_offsets: [skew + 60, skew + 60 + 4800] },
    })
    const length = Buffer.alloc(8)
    length.writeBigUint64LE(BigInt(header.length))
    const path = join(scratch, `skew ${skew} ö.safetensors`)
    writeFileSync(path, Buffer.concat([length, Buffer.from(header), data]))
    const { tensors } = openSafetensors(path)

    const got = await compute((graph) =>
      Mul(graph.initializer(tensors.get('single')!), Cast(graph.initializer(tensors.get('halves')!), 'float32')),
    )
    assert.deepEqual(
      got,
      single.map((value, i) => Math.fround(value * halves[i % 30]!)),
    )
  }
})

test('a model holds the places of its weights, not their bytes', () => {
  const path = join(scratch, 'skew 1 ö.safetensors')
  const graph = new Graph('test')
  const weight = graph.initializer(openSafetensors(path).tensors.get('single')!)
  graph.output('y', MatMul(graph.input('x', 'float32', [1, 40]), weight))
  const bytes = writeModel(graph)
  assert.ok(bytes.length < 500, `${bytes.length} bytes for a weight of 4,800`)
  assert.ok(Buffer.from(bytes).includes(path.slice(1)))
})

test('a wrong model is refused by ONNX Runtime with the path of the node', async () => {
  const graph = new Graph('test')
  const x = graph.input('x', 'float32', [2, 3])
  const [y] = graph.within('down_blocks.0', () => graph.node('MatMul', [x, x], {}, [{ type: 'float32', shape: [2, 3] }]))
  graph.output('y', y!)
  await assert.rejects(cpuSession.load(graph), /down_blocks\.0\/MatMul/)
})
