import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { assertFinite } from '../../../../src/engine/checkpoint/lora/finite.ts'
import { type DType, float32Of } from '../../../../src/engine/checkpoint/tensor/tensor.ts'

const arrays = {
  F64: (values: number[]) => Float64Array.from(values),
  F32: (values: number[]) => Float32Array.from(values),
  F16: (values: number[]) => Float16Array.from(values),
  BF16: (values: number[]) => Uint16Array.from(values, (value) => new Uint32Array(Float32Array.of(value).buffer)[0]! >>> 16),
} satisfies Partial<Record<DType, (values: number[]) => ArrayBufferView>>

const tensorOf = (dtype: keyof typeof arrays, values: number[]) => {
  const array = arrays[dtype](values)
  return { name: 'a', dtype, shape: [values.length], at: new Uint8Array(array.buffer) }
}

for (const dtype of ['F64', 'F32', 'F16', 'BF16'] as const) {
  test(`${dtype}: NaN and both infinities are found where they stand, the largest and smallest numbers are not`, () => {
    const extremes = { F64: 1.7e308, F32: 3.4e38, F16: 65504, BF16: 3.3e38 }[dtype]
    const fine = [0, -0, 1, -1, extremes, -extremes, 2 ** -14, 2 ** -24]
    assertFinite(tensorOf(dtype, fine))
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      for (const place of [0, 3, 7]) {
        assert.throws(() => assertFinite(tensorOf(dtype, fine.with(place, bad))), {
          code: 'tensor-not-finite',
          data: { name: 'a', path: undefined, index: place },
        })
      }
    }
  })
}

test('every one of the 65,536 half floats is judged as its value is', () => {
  const bits = Uint16Array.from({ length: 65536 }, (_, i) => i)
  for (const dtype of ['F16', 'BF16'] as const) {
    const all = float32Of({ name: '', dtype, shape: [65536], at: new Uint8Array(bits.buffer) })
    for (let i = 0; i < 65536; i++) {
      const judge = () => assertFinite({ name: '', dtype, shape: [1], at: new Uint8Array(bits.buffer, i * 2, 2) })
      if (Number.isFinite(all[i])) judge()
      else assert.throws(judge)
    }
  }
})

test('integers and bytes are numbers whatever their bits', () => {
  for (const dtype of ['I64', 'I32', 'U8'] as const) assertFinite({ name: '', dtype, shape: [8], at: new Uint8Array(64).fill(0xff) })
})

test('a tensor in a file is read in pieces, and the place of the bad one is counted through them', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'zoetrope-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'weights')
  const values = new Float32Array(700_000)
  values[654_321] = Infinity
  writeFileSync(file, new Uint8Array([1, 2, 3, 4, 5]))
  writeFileSync(file, new Uint8Array(values.buffer), { flag: 'a' })
  const tensor = { name: 'late', dtype: 'F32' as const, shape: [700_000], at: { file, offset: 5 } }
  assert.throws(() => assertFinite(tensor), {
    code: 'tensor-not-finite',
    message: `late in ${file} holds a value that is no number (NaN or infinite), at element 654321.`,
  })
  assertFinite({ ...tensor, shape: [654_321] })
})
