import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readFileSync, realpathSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { bytesOf } from '../../../../src/engine/checkpoint/tensor/tensor.ts'
import { openTorch } from '../../../../src/engine/checkpoint/torch/torch-file.ts'
import { UserError } from '../../../../src/engine/errors.ts'
import { endRecord, type Packed, record, wideEndRecord, zipOf } from './zip-file.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'zoetrope-torch-zip-')))
const path = join(folder, 'x.ckpt')
after(() => rmSync(folder, { recursive: true }))

/** A dict of `w0`, `w1` …, each all elements of one storage of so many bytes. */
function pickleOf(...storageBytes: readonly number[]): Buffer {
  const integer = (value: number) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(value))
    return `\x8a\x08${bytes.toString('latin1')}`
  }
  const tensors = storageBytes.map((bytes, i) => {
    const storage = `(U\x07storagectorch\nByteStorage\nU${String.fromCharCode(String(i).length)}${i}U\x03cpu${integer(bytes)}tQ`
    return `U${String.fromCharCode(String(i).length + 1)}w${i}ctorch._utils\n_rebuild_tensor_v2\n(${storage}K\0${integer(bytes)}\x85K\x01\x85\x89NtR`
  })
  return Buffer.from(`\x80\x02}(${tensors.join('')}u.`, 'latin1')
}

const pickle: Packed = { name: 'm/data.pkl', bytes: pickleOf(3) }
const data: Packed = { name: 'm/data/0', bytes: Uint8Array.of(7, 8, 9) }

function saved(bytes: Uint8Array): string {
  writeFileSync(path, bytes)
  return path
}

describe('openTorch on a zip archive', () => {
  test('unpacks what somebody packed again, when asked for', () => {
    const many = Uint8Array.from({ length: 100_001 }, (_, i) => i % 7)
    const file = openTorch(
      saved(
        zipOf([
          { name: 'm/data.pkl', bytes: pickleOf(3, many.length), deflate: true },
          { ...data, deflate: true },
          { name: 'm/data/1', bytes: many, deflate: true },
        ]),
      ),
    )
    assert.deepEqual(file.tensors.get('w0')!.at, Uint8Array.of(7, 8, 9))
    assert.deepEqual(bytesOf(file.tensors.get('w1')!), many)
  })

  test('reads a file of 5.2 GB with 64-bit sizes in its directory, without reading its data', () => {
    const bytes = 5_200_000_000
    const entries = [pickleOf(bytes, 4), undefined, Buffer.of(1, 2, 3, 4)]
    const names = ['m/data.pkl', 'm/data/0', 'm/data/1'].map((name) => Buffer.from(name))
    const fd = openSync(path, 'w')
    let at = 0
    const directory = entries.map((content, i) => {
      const size = content?.length ?? bytes
      const local = Buffer.alloc(30)
      local.writeUInt32LE(0x04034b50, 0)
      local.writeUInt16LE(names[i]!.length, 26)
      writeSync(fd, Buffer.concat([local, names[i]!]), 0, null, at)
      if (content !== undefined) writeSync(fd, content, 0, null, at + 30 + names[i]!.length)
      const written = record(names[i]!, 0, size, size, at)
      at += 30 + names[i]!.length + size
      return written
    })
    const central = Buffer.concat(directory)
    writeSync(fd, Buffer.concat([central, wideEndRecord(3, central.length, at)]), 0, null, at)
    closeSync(fd)
    openTorch(path)
    const begin = performance.now()
    const file = openTorch(path)
    const tookMs = performance.now() - begin
    assert.ok(tookMs < 100, `${tookMs} ms`)
    assert.deepEqual(file.tensors.get('w0')!.shape, [bytes])
    const last = file.tensors.get('w1')!
    assert.ok(!(last.at instanceof Uint8Array) && last.at.offset > bytes)
    assert.deepEqual([...bytesOf(last)], [1, 2, 3, 4])
    rmSync(path)
  })

  test('finds its directory before a comment', () => {
    const whole = zipOf([pickle, data])
    whole.writeUInt16LE(5, whole.length - 2)
    assert.deepEqual([...bytesOf(openTorch(saved(Buffer.concat([whole, Buffer.from('hello')]))).tensors.get('w0')!)], [7, 8, 9])
  })

  const whole = zipOf([pickle, data])
  const directoryAt = whole.readUInt32LE(whole.length - 6)
  const secondAt = directoryAt + 46 + pickle.name.length
  const changed = (change: (bytes: Buffer) => void): Buffer => {
    const bytes = Buffer.from(whole)
    change(bytes)
    return bytes
  }
  const hostile: readonly [what: string, code: string, bytes: () => Uint8Array][] = [
    ['an archive cut off', 'checkpoint-truncated', () => whole.subarray(0, whole.length - 1)],
    ['an archive cut to its first four bytes', 'checkpoint-truncated', () => whole.subarray(0, 4)],
    ['an archive without data.pkl', 'torch-invalid', () => zipOf([{ name: 'word/document.xml', bytes: Buffer.from('<x/>') }])],
    ['data.pkl in another folder than the rest', 'torch-invalid', () => zipOf([data, { ...pickle, name: 'n/data.pkl' }])],
    ['a missing storage', 'torch-invalid', () => zipOf([pickle])],
    ['a storage larger than its tensors say', 'torch-invalid', () => zipOf([pickle, { ...data, bytes: new Uint8Array(4) }])],
    ['a storage smaller than its tensors say', 'torch-invalid', () => zipOf([pickle, { ...data, bytes: new Uint8Array(2) }])],
    ['big-endian data', 'torch-invalid', () => zipOf([pickle, data, { name: 'm/byteorder', bytes: Buffer.from('big') }])],
    ['a TorchScript program', 'torch-script', () => zipOf([pickle, data, { name: 'm/constants.pkl', bytes: Buffer.from('N.') }])],
    ['two entries of one name', 'zip-invalid', () => zipOf([pickle, data, data])],
    ['more entries than there are', 'zip-invalid', () => changed((b) => b.writeUInt16LE(3, b.length - 12))],
    ['a directory beyond the end', 'zip-invalid', () => changed((b) => b.writeUInt32LE(0x7fffffff, b.length - 6))],
    ['a directory larger than itself', 'zip-invalid', () => changed((b) => b.writeUInt32LE(0x7fffffff, b.length - 10))],
    ['a directory with a name that is too long', 'zip-invalid', () => changed((b) => b.writeUInt16LE(0xffff, secondAt + 28))],
    ['an encrypted entry', 'zip-unsupported', () => changed((b) => b.writeUInt16LE(1, secondAt + 8))],
    ['an unknown packing', 'zip-unsupported', () => changed((b) => b.writeUInt16LE(14, secondAt + 10))],
    ['an entry outside of the file', 'zip-invalid', () => changed((b) => b.writeUInt32LE(0x7ffffff0, secondAt + 42))],
    ['an entry that points at another one', 'zip-invalid', () => changed((b) => b.writeUInt32LE(0, secondAt + 42))],
    ['an entry that points into data', 'zip-invalid', () => changed((b) => b.writeUInt32LE(5, secondAt + 42))],
    ['an entry of two sizes', 'zip-invalid', () => changed((b) => b.writeUInt32LE(2, secondAt + 24))],
    ['an entry of a 64-bit size that is not there', 'zip-invalid', () => changed((b) => b.writeUInt32LE(0xffffffff, secondAt + 24))],
    ['64-bit sizes beyond 2^53', 'zip-invalid', () => withDirectory(record(Buffer.from('m/data.pkl'), 0, 2 ** 63, 2 ** 63, 0))],
    ['a pickle of more than 64 MB', 'zip-invalid', () => withDirectory(record(Buffer.from('m/data.pkl'), 8, 4, 0x7fffffff, 0))],
    ['a locator that points nowhere', 'checkpoint-truncated', () => brokenLocator()],
    ['packed data that is no such thing', 'zip-invalid', () => withDirectory(record(Buffer.from('m/data.pkl'), 8, 4, 4, 0))],
    ['packed data of another size', 'zip-invalid', () => lyingSize(-1)],
    ['packed data that ends early', 'zip-invalid', () => lyingSize(1)],
  ]
  for (const [what, code, bytes] of hostile) {
    test(`refuses ${what}`, () => {
      saved(bytes())
      assert.throws(
        () => openTorch(path),
        (error) => error instanceof UserError && error.code === code && error.message.includes(path),
      )
    })
  }

  test('refuses a packed storage that would fill the memory', () => {
    const zeros = new Uint8Array(80 << 20)
    saved(
      zipOf([
        { name: 'm/data.pkl', bytes: pickleOf(zeros.length) },
        { name: 'm/data/0', bytes: zeros, deflate: true },
      ]),
    )
    assert.ok(readFileSync(path).length < 1 << 20)
    assert.throws(() => openTorch(path), { name: 'UserError', code: 'torch-expands' })
  })

  test('refuses a file cut at any byte', () => {
    for (let end = 4; end < whole.length; end++) {
      saved(whole.subarray(0, end))
      assert.throws(() => openTorch(path), UserError)
    }
  })

  function withDirectory(directory: Buffer): Buffer {
    return Buffer.concat([whole.subarray(0, directoryAt), directory, endRecord(1, directory.length, directoryAt)])
  }

  function brokenLocator(): Buffer {
    const end = wideEndRecord(2, 0, 0)
    end.writeBigUInt64LE(2n ** 62n, 64)
    return Buffer.concat([whole.subarray(0, directoryAt), end])
  }

  function lyingSize(by: number): Buffer {
    const packed = zipOf([{ ...pickle, deflate: true }, data])
    const at = packed.readUInt32LE(packed.length - 6) + 24
    packed.writeUInt32LE(packed.readUInt32LE(at) + by, at)
    return packed
  }
})
