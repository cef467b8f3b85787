import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { bytesOf } from '../../../../src/engine/checkpoint/tensor/tensor.ts'
import { openTorch } from '../../../../src/engine/checkpoint/torch/torch-file.ts'
import { UserError } from '../../../../src/engine/errors.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'zoetrope-torch-legacy-')))
const path = join(folder, 'x.ckpt')
after(() => rmSync(folder, { recursive: true }))

const magic = '\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.'
const protocol = '\x80\x02M\xe9\x03.'
const machine = '\x80\x02}U\x0dlittle_endian\x88s.'
const tensor = (key: string, view = 'N', offset = 'K\0', shape = 'K\x02\x85') =>
  `ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nByteStorage\nU\x01${key}U\x03cpuK\x03${view}tQ${offset}${shape}K\x01\x85\x89NtR`
const object = `\x80\x02}(U\x01a${tensor('x')}U\x01b${tensor('y', 'N', 'K\x01')}u.`
const keys = '\x80\x02](U\x01yU\x01xe.'
const three = '\x03\0\0\0\0\0\0\0'
const storages = `${three}\x0a\x0b\x0c${three}\x14\x15\x16`

function saved(...parts: readonly string[]): string {
  writeFileSync(path, Buffer.from(parts.join(''), 'latin1'))
  return path
}

describe('openTorch on the older stream form', () => {
  test('finds each storage in the order of the list of keys', () => {
    const { tensors } = openTorch(saved(magic, protocol, machine, object, keys, storages))
    assert.deepEqual([...bytesOf(tensors.get('a')!)], [0x14, 0x15])
    assert.deepEqual([...bytesOf(tensors.get('b')!)], [0x0b, 0x0c])
  })

  test('reads a storage that is part of another one, as torch before 1.0 wrote it', () => {
    const viewed = `\x80\x02}U\x01a${tensor('x', '(U\x01vK\x01K\x02t')}s.`
    const { tensors } = openTorch(saved(magic, protocol, machine, viewed, '\x80\x02]U\x01xa.', `${three}\x0a\x0b\x0c`))
    assert.deepEqual([...bytesOf(tensors.get('a')!)], [0x0b, 0x0c])
  })

  test('reads pickles longer than its first window', () => {
    const long = `\x80\x02}(U\x04noteX\x40\x42\x0f\0${'n'.repeat(1_000_000)}U\x05note2X\x40\x42\x0f\0${'n'.repeat(1_000_000)}U\x01a${tensor('x')}U\x01b${tensor('y')}u.`
    assert.equal(openTorch(saved(magic, protocol, machine, long, keys, storages)).tensors.size, 2)
  })

  const hostile: readonly [what: string, code: string, ...parts: string[]][] = [
    ['a pickle that is not torch.save’s', 'torch-invalid', '\x80\x04}.'],
    ['a pickle that calls something before anything else', 'pickle-call-refused', '\x80\x02cos\nsystem\nU\x04true\x85R.'],
    ['even an allowed call before the object', 'pickle-call-refused', magic, protocol, '\x80\x02ccollections\nOrderedDict\n)R.'],
    ['another protocol', 'torch-invalid', magic, '\x80\x02M\xea\x03.'],
    ['a protocol that nests', 'torch-invalid', magic, `\x80\x02)${'\x85'.repeat(100_000)}.`],
    ['a big-endian machine', 'torch-invalid', magic, protocol, '\x80\x02}U\x0dlittle_endian\x89s.'],
    ['keys that are no list', 'torch-invalid', magic, protocol, machine, object, '\x80\x02}.'],
    ['a key that no tensor names', 'torch-invalid', magic, protocol, machine, object, '\x80\x02](U\x01zU\x01xe.', storages],
    ['a key twice', 'torch-invalid', magic, protocol, machine, object, '\x80\x02](U\x01xU\x01xe.', storages],
    ['a key that nests', 'torch-invalid', magic, protocol, machine, object, `\x80\x02])${'\x85'.repeat(100_000)}a.`, storages],
    ['a storage without a key', 'torch-invalid', magic, protocol, machine, object, '\x80\x02]U\x01xa.', storages],
    ['a storage of another size', 'torch-invalid', magic, protocol, machine, object, keys, '\x04\0\0\0\0\0\0\0\x0a\x0b\x0c\x0d'],
    ['a storage of 2^64 - 1 elements', 'torch-invalid', magic, protocol, machine, object, keys, '\xff\xff\xff\xff\xff\xff\xff\xff'],
    ['storages cut off', 'checkpoint-truncated', magic, protocol, machine, object, keys, storages.slice(0, -1)],
    [
      'part of a storage outside of it',
      'pickle-invalid',
      magic,
      protocol,
      machine,
      `\x80\x02}U\x01a${tensor('x', '(U\x01vK\x02K\x02t')}s.`,
    ],
  ]
  for (const [what, code, ...parts] of hostile) {
    test(`refuses ${what}`, () => {
      saved(...parts)
      assert.throws(
        () => openTorch(path),
        (error) => error instanceof UserError && error.code === code && error.message.includes(path),
      )
    })
  }

  test('refuses a real file cut at any byte', () => {
    const whole = readFileSync(new URL('../../../fixtures/torch-files/legacy.ckpt', import.meta.url))
    for (let end = 2; end < whole.length; end++) {
      writeFileSync(path, whole.subarray(0, end))
      assert.throws(() => openTorch(path), UserError, `cut at ${end}`)
    }
  })
})
