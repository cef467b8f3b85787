import assert from 'node:assert/strict'
import { closeSync, ftruncateSync, mkdtempSync, openSync, realpathSync, rmSync, symlinkSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { openSafetensors, type SafetensorsLimits } from '../../../../src/engine/checkpoint/safetensors/safetensors.ts'
import { bytesOf } from '../../../../src/engine/checkpoint/tensor/tensor.ts'
import { UserError } from '../../../../src/engine/errors.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'zoetrope-safetensors-')))
after(() => rmSync(folder, { recursive: true }))

/** A file of a header as text or bytes, the length it claims, and so many bytes of data. */
function written(header: string | Uint8Array, dataBytes = 0, claimedLength?: bigint): string {
  const path = join(folder, 'written.safetensors')
  const bytes = Buffer.from(header)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(claimedLength ?? BigInt(bytes.length))
  writeFileSync(path, Buffer.concat([length, bytes, Buffer.from(Array.from({ length: dataBytes }, (_, i) => i))]))
  return path
}

const entry = (dtype: string, shape: string, begin: number | string, end: number | string): string =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`

describe('openSafetensors', () => {
  test('gives every tensor its place and reads the bytes there', () => {
    const file = openSafetensors(
      written(
        `{"__metadata__":{"format":"pt","a":"ü\\n"},"b":${entry('F16', '[3]', 4, 10)}, "a" : ${entry('F32', '[1,1]', 0, 4)},"n":${entry('U8', '[0,7]', 10, 10)}}   `,
        10,
      ),
    )
    assert.deepEqual(
      [...file.metadata],
      [
        ['format', 'pt'],
        ['a', 'ü\n'],
      ],
    )
    assert.deepEqual([...file.tensors.keys()], ['b', 'a', 'n'])
    assert.deepEqual([...bytesOf(file.tensors.get('a')!)], [0, 1, 2, 3])
    assert.deepEqual([...bytesOf(file.tensors.get('b')!)], [4, 5, 6, 7, 8, 9])
    assert.deepEqual(file.tensors.get('n')!.shape, [0, 7])
    assert.equal(bytesOf(file.tensors.get('n')!).length, 0)
  })

  test('names the file by its real path, free of links', () => {
    const target = written(`{"a":${entry('U8', '[2]', 0, 2)}}`, 2)
    const link = join(folder, 'link')
    symlinkSync(target, link)
    const at = openSafetensors(link).tensors.get('a')!.at
    assert.ok(!(at instanceof Uint8Array))
    assert.equal(at.file, target)
  })

  test('takes names that mean something to JavaScript as names', () => {
    const file = openSafetensors(
      written(`{"__proto__":${entry('U8', '[1]', 0, 1)},"constructor":${entry('U8', '[1]', 1, 2)},"__metadata__":{"__proto__":"x"}}`, 2),
    )
    assert.deepEqual([...file.tensors.keys()], ['__proto__', 'constructor'])
    assert.equal(file.metadata.get('__proto__'), 'x')
    assert.equal(Object.getPrototypeOf({}), Object.prototype)
  })

  test('ignores fields of a tensor that the format does not name, as the reference does', () => {
    const file = openSafetensors(
      written(`{"a":{"x":[{"y":[1.5e3,-0,null,true,"]"]}],"dtype":"I8","shape":[1],"z":{},"data_offsets":[0,1]}}`, 1),
    )
    assert.equal(file.tensors.get('a')!.dtype, 'I8')
  })

  test('opens a header without tensors', () => {
    assert.equal(openSafetensors(written('{}')).tensors.size, 0)
  })

  const u8 = entry('U8', '[1]', 0, 1)
  const hostile: readonly [name: string, code: string, header: string | Uint8Array, dataBytes?: number, claimed?: bigint][] = [
    ['a header longer than the file', 'checkpoint-truncated', '{}', 0, 64n],
    ['a header of 2^64 - 1 bytes', 'safetensors-header-too-large', '{}', 0, 2n ** 64n - 1n],
    ['a header of a byte more than 100 MB', 'safetensors-header-too-large', '{}', 0, 100_000_001n],
    ['an empty header', 'safetensors-invalid', ''],
    ['a space before the brace', 'safetensors-invalid', ' {}'],
    ['a byte order mark before the brace', 'safetensors-invalid', '\ufeff{}'],
    ['bytes that are not UTF-8', 'safetensors-header-invalid', Buffer.from('{"\xff":1}', 'latin1')],
    ['JSON cut off', 'safetensors-header-invalid', `{"a":${u8}`, 1],
    ['JSON cut off in a string', 'safetensors-header-invalid', '{"a'],
    ['JSON cut off after a backslash', 'safetensors-header-invalid', '{"a\\'],
    ['something after the brace', 'safetensors-header-invalid', '{} {}'],
    ['a comma too many', 'safetensors-header-invalid', `{"a":${u8},}`, 1],
    ['a list instead of a tensor', 'safetensors-header-invalid', '{"a":[]}'],
    ['the same tensor twice', 'safetensors-header-invalid', `{"a":${u8},"a":${entry('U8', '[1]', 1, 2)}}`, 2],
    ['the same tensor twice, once escaped', 'safetensors-header-invalid', `{"a":${u8},"\\u0061":${entry('U8', '[1]', 1, 2)}}`, 2],
    ['dtype twice', 'safetensors-header-invalid', '{"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}', 1],
    ['shape twice', 'safetensors-header-invalid', '{"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}}', 1],
    ['data_offsets twice', 'safetensors-header-invalid', '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"data_offsets":[0,1]}}', 1],
    ['no dtype', 'safetensors-header-invalid', '{"a":{"shape":[1],"data_offsets":[0,1]}}', 1],
    ['no shape', 'safetensors-header-invalid', '{"a":{"dtype":"U8","data_offsets":[0,1]}}', 1],
    ['one offset', 'safetensors-header-invalid', '{"a":{"dtype":"U8","shape":[1],"data_offsets":[1]}}', 1],
    ['three offsets', 'safetensors-rank-too-high', '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}', 1],
    ['a dtype that is a number', 'safetensors-header-invalid', '{"a":{"dtype":8,"shape":[1],"data_offsets":[0,1]}}', 1],
    ['__metadata__ twice', 'safetensors-header-invalid', '{"__metadata__":{},"__metadata__":{}}'],
    ['a metadata key twice', 'safetensors-header-invalid', '{"__metadata__":{"k":"1","k":"2"}}'],
    ['metadata that is a number', 'safetensors-header-invalid', '{"__metadata__":{"k":1}}'],
    ['metadata that nests', 'safetensors-header-invalid', '{"__metadata__":{"k":{"l":"1"}}}'],
    ['half a surrogate pair', 'safetensors-header-invalid', `{"\\ud800":${u8}}`, 1],
    ['a wrong escape', 'safetensors-header-invalid', `{"\\x41":${u8}}`, 1],
    ['a line break in a name', 'safetensors-header-invalid', `{"a\n":${u8}}`, 1],
    ['a type nobody knows', 'safetensors-dtype-unknown', `{"a":${entry('F4_E9', '[1]', 0, 1)}}`, 1],
    ['a type named like a property of every object', 'safetensors-dtype-unknown', `{"a":${entry('toString', '[1]', 0, 1)}}`, 1],
    ['a negative offset', 'safetensors-header-invalid', `{"a":${entry('U8', '[1]', -1, 0)}}`, 1],
    ['a fractional offset', 'safetensors-header-invalid', `{"a":${entry('U8', '[1]', 0, '1.0')}}`, 1],
    ['an offset with an exponent', 'safetensors-header-invalid', `{"a":${entry('U8', '[1]', 0, '1e0')}}`, 1],
    ['an offset with a leading zero', 'safetensors-header-invalid', `{"a":${entry('U8', '[1]', 0, '01')}}`, 1],
    ['an offset beyond 2^53', 'safetensors-header-invalid', `{"a":${entry('U8', '[1]', 0, '18446744073709551616')}}`, 1],
    ['offsets backwards', 'safetensors-invalid', `{"a":${entry('U8', '[1]', 1, 0)}}`, 1],
    ['a negative side', 'safetensors-header-invalid', `{"a":${entry('U8', '[-1,-1]', 0, 1)}}`, 1],
    ['a shape whose product overflows', 'safetensors-invalid', `{"a":${entry('F32', '[4294967296,4294967296,4294967296]', 0, 0)}}`],
    [
      'a shape whose product wraps round to 4',
      'safetensors-invalid',
      `{"a":${entry('U8', '[4611686018427387,4611686018427387,4]', 0, 4)}}`,
      4,
    ],
    ['a shape larger than its bytes', 'safetensors-invalid', `{"a":${entry('F32', '[1000000]', 0, 4)}}`, 4],
    ['a shape smaller than its bytes', 'safetensors-invalid', `{"a":${entry('F32', '[1]', 0, 8)}}`, 8],
    ['two tensors on the same bytes', 'safetensors-invalid', `{"a":${entry('U8', '[4]', 0, 4)},"b":${entry('U8', '[4]', 0, 4)}}`, 4],
    ['tensors that overlap by a byte', 'safetensors-invalid', `{"a":${entry('U8', '[4]', 0, 4)},"b":${entry('U8', '[4]', 3, 7)}}`, 7],
    ['a hole between tensors', 'safetensors-invalid', `{"a":${entry('U8', '[1]', 0, 1)},"b":${entry('U8', '[1]', 2, 3)}}`, 3],
    ['a hole before the first tensor', 'safetensors-invalid', `{"a":${entry('U8', '[1]', 1, 2)}}`, 2],
    ['bytes after the last tensor', 'safetensors-invalid', `{"a":${u8}}`, 2],
    ['data cut off', 'checkpoint-truncated', `{"a":${entry('U8', '[9]', 0, 9)}}`, 8],
    ['lists within lists within lists', 'safetensors-header-invalid', `{"a":{"x":${'['.repeat(100_000)}`],
    ['an ignored field that is no JSON', 'safetensors-header-invalid', '{"a":{"x":nil,"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1],
  ]
  for (const [name, code, header, dataBytes, claimed] of hostile) {
    test(`refuses ${name}`, () => {
      const path = written(header, dataBytes, claimed)
      assert.throws(
        () => openSafetensors(path),
        (error) => error instanceof UserError && error.code === code && error.message.includes(path),
      )
    })
  }

  test('refuses a file of fewer than eight bytes', () => {
    const path = join(folder, 'short')
    writeFileSync(path, '1234567')
    assert.throws(() => openSafetensors(path), { code: 'checkpoint-truncated' })
  })

  const stricter: readonly [SafetensorsLimits, string][] = [
    [{ maxHeaderBytes: 100 }, 'safetensors-header-too-large'],
    [{ maxTensors: 1 }, 'safetensors-too-many-tensors'],
    [{ maxRank: 2 }, 'safetensors-rank-too-high'],
  ]
  for (const [limits, code] of stricter) {
    test(`can be stricter with strangers: ${Object.keys(limits)}`, () => {
      const path = written(`{"a":${entry('U8', '[1,1,1]', 0, 1)},"b":${entry('U8', '[1]', 1, 2)}}`, 2)
      assert.equal(openSafetensors(path).tensors.size, 2)
      assert.throws(() => openSafetensors(path, limits), { code })
    })
  }

  test('says the name of a missing file, a folder and a pipe', () => {
    assert.throws(() => openSafetensors(join(folder, 'nowhere')), { code: 'file-not-found' })
    assert.throws(() => openSafetensors(folder), { code: 'file-is-folder' })
    assert.throws(() => openSafetensors('/dev/null'), { code: 'file-not-regular' })
    assert.throws(() => openSafetensors('a\0b'), { code: 'file-unreadable' })
  })

  test('opens a checkpoint of 5 GB and 1,200 tensors without reading its data', () => {
    const tensorBytes = 4_400_000
    const members = Array.from(
      { length: 1200 },
      (_, i) =>
        `"model.diffusion_model.output_blocks.${i}.weight":${entry('F16', `[${tensorBytes / 2}]`, i * tensorBytes, (i + 1) * tensorBytes)}`,
    )
    const path = sparse(`{${members}}`, 1200 * tensorBytes)
    openSafetensors(path) // the first run compiles
    const begin = performance.now()
    const file = openSafetensors(path)
    const tookMs = performance.now() - begin
    assert.equal(file.tensors.size, 1200)
    assert.ok(tookMs < 250, `${tookMs} ms`)
    const last = file.tensors.get('model.diffusion_model.output_blocks.1199.weight')!.at
    assert.ok(!(last instanceof Uint8Array) && last.offset > 5e9)
  })

  test('looks for duplicate names in time linear in their number', () => {
    const tookMs = [50_000, 200_000].map((count) => {
      const members = Array.from({ length: count }, (_, i) => `"${'layer.'.repeat(4)}${i}":${entry('U8', '[0]', 0, 0)}`)
      const path = written(`{${members}}`)
      const begin = performance.now()
      assert.equal(openSafetensors(path).tensors.size, count)
      return performance.now() - begin
    })
    assert.ok(tookMs[1]! < 12 * tookMs[0]! + 200, `${tookMs} ms: four times the names`)
  })
})

/** A file whose data is a hole in the disk. */
function sparse(header: string, dataBytes: number): string {
  const path = join(folder, 'sparse.safetensors')
  const fd = openSync(path, 'w')
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)))
  writeSync(fd, length)
  writeSync(fd, header)
  ftruncateSync(fd, 8 + Buffer.byteLength(header) + dataBytes)
  closeSync(fd)
  return path
}
