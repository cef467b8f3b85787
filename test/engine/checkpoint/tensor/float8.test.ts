import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertFinite } from '../../../../src/engine/checkpoint/lora/finite.ts'
import { e4m3, e5m2 } from '../../../../src/engine/checkpoint/tensor/float8.ts'
import { type DType, float32Of, type Tensor } from '../../../../src/engine/checkpoint/tensor/tensor.ts'
import { Cast } from '../../../../src/engine/onnx/ops.ts'
import { compute } from '../../cpu-session.ts'

const codes = Uint8Array.from({ length: 256 }, (_, code) => code)
const all = (dtype: DType): Tensor => ({ name: 'w', dtype, shape: [256], at: codes })
const formats = [
  ['F8_E4M3', e4m3],
  ['F8_E5M2', e5m2],
] as const

test('every code of E5M2 is the half whose upper byte it is', () => {
  const halves = new Float16Array(Uint16Array.from(codes, (code) => code << 8).buffer)
  assert.deepEqual([...e5m2], [...halves])
})

test('codes of E4M3 are those of table 1 of the paper', () => {
  const written: Readonly<Record<number, number>> = {
    0: 0,
    1: 2 ** -9,
    7: 0.875 * 2 ** -6,
    8: 2 ** -6,
    56: 1,
    126: 448,
    127: Number.NaN,
    128: -0,
    254: -448,
    255: Number.NaN,
  }
  for (const [code, value] of Object.entries(written)) assert.ok(Object.is(e4m3[Number(code)], value), code)
  assert.equal(e4m3.filter(Number.isFinite).length, 254)
  for (let code = 1; code < 127; code++) {
    assert.ok(e4m3[code]! > e4m3[code - 1]!, `${code}`)
    assert.equal(e4m3[code + 128], -e4m3[code]!)
  }
})

for (const [dtype, table] of formats) {
  test(`all 256 codes of ${dtype} are read as the table has them, here and by ONNX Runtime`, async () => {
    assert.deepEqual(float32Of(all(dtype)), table)
    assert.deepEqual(await compute((graph) => Cast(graph.initializer(all(dtype)), 'float32')), table)
  })

  test(`codes of ${dtype} that are no finite number are found, and no others`, () => {
    for (const [code, value] of table.entries()) {
      const check = (): void => assertFinite({ name: 'w', dtype, shape: [3], at: Uint8Array.of(0, code, 0) })
      if (Number.isFinite(value)) check()
      else assert.throws(check, { code: 'tensor-not-finite', message: /at element 1/ })
    }
  })
}
