import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, describe, test } from 'node:test'
import { openSafetensors } from '../../../../src/engine/checkpoint/safetensors/safetensors.ts'
import { type TensorToWrite, writeSafetensors } from '../../../../src/engine/checkpoint/safetensors/write-safetensors.ts'
import { bytesOf } from '../../../../src/engine/checkpoint/tensor/tensor.ts'

const folder = mkdtempSync(join(tmpdir(), 'zoetrope-write-safetensors-'))
const path = join(folder, 'out.safetensors')
beforeEach(() => rmSync(path, { force: true }))
after(() => rmSync(folder, { recursive: true }))

const half: TensorToWrite = { name: 'b "half"', dtype: 'F16', shape: [3], bytes: Uint8Array.of(1, 2, 3, 4, 5, 6) }
const flag: TensorToWrite = { name: 'flag', dtype: 'BOOL', shape: [], bytes: Uint8Array.of(1) }
const long: TensorToWrite = { name: 'z', dtype: 'I64', shape: [1, 1], bytes: () => Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1) }
const empty: TensorToWrite = { name: '__proto__', dtype: 'F32', shape: [0, 4], bytes: new Uint8Array(0) }

describe('writeSafetensors', () => {
  test('writes what openSafetensors reads, each tensor at a multiple of its element', () => {
    writeSafetensors(path, [flag, half, empty, long], new Map([['ü', 'a\nb']]))
    const file = openSafetensors(path)
    assert.deepEqual([...file.metadata], [['ü', 'a\nb']])
    for (const tensor of [flag, half, empty, long]) {
      const read = file.tensors.get(tensor.name)!
      assert.deepEqual({ dtype: read.dtype, shape: read.shape }, { dtype: tensor.dtype, shape: tensor.shape })
      assert.deepEqual(bytesOf(read), typeof tensor.bytes === 'function' ? tensor.bytes() : tensor.bytes)
    }
    assert.deepEqual([...file.tensors.keys()], ['z', '__proto__', 'b "half"', 'flag'])
    const first = file.tensors.get('z')!.at
    assert.ok(!(first instanceof Uint8Array) && first.offset % 8 === 0)
    assert.deepEqual(readdirSync(folder), ['out.safetensors'])
  })

  test('writes the same bytes whatever the order it is given', () => {
    writeSafetensors(path, [flag, half, empty, long])
    const once = readFileSync(path)
    writeSafetensors(path, [long, empty, half, flag])
    assert.deepEqual(readFileSync(path), once)
  })

  test('asks for a tensor only when its turn comes, and holds none of those before', () => {
    let written = 0
    const tensors = Array.from(
      { length: 5 },
      (_, i): TensorToWrite => ({
        name: `t${i}`,
        dtype: 'U8',
        shape: [1000],
        bytes: () => {
          assert.ok(written >= i * 1000)
          return new Uint8Array(1000).fill(i)
        },
      }),
    )
    writeSafetensors(path, tensors, new Map(), (...args) => {
      const n = writeSync(...args)
      written += n
      return n
    })
    assert.deepEqual(bytesOf(openSafetensors(path).tensors.get('t3')!), new Uint8Array(1000).fill(3))
  })

  test('goes on where the disk took only a part', () => {
    writeSafetensors(path, [half, long], new Map(), (fd, bytes, offset, length) => writeSync(fd, bytes, offset, Math.min(length, 3)))
    assert.deepEqual(bytesOf(openSafetensors(path).tensors.get(half.name)!), half.bytes)
  })

  test('a full disk is said in one sentence, and leaves the old file and no half one', () => {
    writeFileSync(path, 'old')
    const full = (fd: number, bytes: Uint8Array, offset: number, length: number): number => {
      if (offset > 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
      return writeSync(fd, bytes, offset, Math.ceil(length / 2))
    }
    assert.throws(() => writeSafetensors(path, [half, long], new Map(), full), { name: 'UserError', code: 'no-disk-space' })
    assert.deepEqual(readdirSync(folder), ['out.safetensors'])
    assert.equal(readFileSync(path, 'utf8'), 'old')
  })

  test('a folder that is not there is said in one sentence', () => {
    assert.throws(() => writeSafetensors(join(folder, 'no', 'where'), [half]), { name: 'UserError', code: 'not-writable' })
  })

  test('a tensor of another length than its shape, or a name twice, writes nothing', () => {
    assert.throws(() => writeSafetensors(path, [{ ...half, shape: [4] }]), /6 bytes/)
    assert.throws(() => writeSafetensors(path, [half, half]), /two tensors/)
    assert.throws(() => writeSafetensors(path, [{ ...half, name: '__metadata__' }]), /__metadata__/)
    assert.ok(!existsSync(path))
    assert.deepEqual(readdirSync(folder), [])
  })
})
