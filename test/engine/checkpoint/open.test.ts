import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { parameterizationOf } from '../../../src/engine/checkpoint/architecture/parameterization.ts'
import { openTensorFile } from '../../../src/engine/checkpoint/open.ts'
import { fileStamp } from '../../../src/engine/checkpoint/tensor/file-stamp.ts'
import { bytesOf } from '../../../src/engine/checkpoint/tensor/tensor.ts'
import { UserError } from '../../../src/engine/errors.ts'
import { openModel } from '../../../src/engine/pipeline/model/model.ts'
import { tiny } from '../cpu-session.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'zoetrope-open-')))
after(() => rmSync(folder, { recursive: true }))

const fixture = (name: string): URL => new URL(`../../fixtures/torch-files/${name}`, import.meta.url)

describe('a file in the cache of the hub, whose name is a digest and to which a link leads', () => {
  const blob = join(folder, 'blobs', 'a'.repeat(64))
  const linked = (name: string): string => {
    mkdirSync(join(folder, 'snapshots'), { recursive: true })
    const path = join(folder, 'snapshots', name)
    symlinkSync(blob, path)
    return path
  }

  test('is what the link says, and read where it lies', () => {
    mkdirSync(join(folder, 'blobs'))
    copyFileSync(join(tiny, 'motion_v2.safetensors'), blob)
    const named = linked('animatediff_lightning_4step_comfyui.safetensors')
    const file = openTensorFile(named)
    assert.equal(file.path, named)
    for (const { at } of file.tensors.values()) assert.ok(at instanceof Uint8Array || at.file === blob)
    const copy = join(folder, 'animatediff_lightning_4step_comfyui.safetensors')
    copyFileSync(blob, copy)
    const [byLink, byName, byDigest] = [named, copy, blob].map(
      (motion) => openModel({ checkpoint: join(tiny, 'checkpoint.safetensors'), motion }).motion!.architecture,
    )
    assert.deepEqual(byLink, byName)
    assert.notDeepEqual(byLink, byDigest)
  })

  test('has beside it what lies beside the link', () => {
    copyFileSync(join(tiny, 'checkpoint.safetensors'), blob)
    const named = linked('model.safetensors')
    assert.deepEqual(parameterizationOf(openTensorFile(named)), {})
    const before = fileStamp(named)
    writeFileSync(join(folder, 'snapshots', 'model.yml'), 'model:\n  params:\n    parameterization: "v"\n')
    assert.deepEqual(parameterizationOf(openTensorFile(named)), { velocity: true })
    assert.notEqual(fileStamp(named), before, 'which is told from what it was without')
  })
})

describe('openTensorFile', () => {
  const disguised = [
    ['expected.safetensors', 'model.ckpt', 'safetensors'],
    ['zip.ckpt', 'model.safetensors', 'torch-zip'],
    ['legacy.ckpt', 'model.pt', 'torch-legacy'],
    ['protocol4.pt', 'model', 'torch-zip'],
  ] as const
  for (const [source, name, container] of disguised) {
    test(`knows ${container} by its content, though it is called ${name}`, () => {
      const path = join(folder, name)
      copyFileSync(fixture(source), path)
      const file = openTensorFile(path)
      assert.equal(file.container, container)
      assert.equal(file.path, path)
      assert.ok(file.tensors.has('model.diffusion_model.a.weight'))
    })
  }

  const mistaken: readonly [what: string, content: string, code: string, sentence: RegExp][] = [
    ['an empty file', '', 'file-empty', /is empty/],
    [
      'a git-lfs pointer',
      'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 2132625894\n',
      'file-is-lfs-pointer',
      /git lfs pull/,
    ],
    ['a web page', '<!DOCTYPE html><html><body>404</body></html>', 'file-is-html', /web page/],
    ['a web page after spaces', '\n\n  <html lang="en">', 'file-is-html', /web page/],
    ['an XML error', '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', 'file-is-html', /web page/],
    [
      'a JSON error',
      '{"error":"Unauthorized","message":"The creator of this asset requires you to be logged in"}',
      'file-is-json',
      /failed download/,
    ],
    ['a GGUF file', 'GGUF\x03\0\0\0\0\0\0\0', 'file-is-gguf', /GGUF/],
    ['a gzip archive', '\x1f\x8b\x08\0\0\0\0\0\0\x03', 'file-is-archive', /unpack/],
    ['a 7z archive', '7z\xbc\xaf\x27\x1c', 'file-is-archive', /unpack/],
    ['an HDF5 file', '\x89HDF\r\n\x1a\n', 'file-is-hdf5', /HDF5/],
    ['zeros', '\0'.repeat(1000), 'file-is-blank', /zeros/],
    ['a picture', '\x89PNG\r\n\x1a\n', 'file-not-tensors', /neither/],
    ['one byte', '\x80', 'file-not-tensors', /neither/],
    ['plain text', 'hello', 'file-not-tensors', /neither/],
    ['a safetensors file cut in its header', '\x40\0\0\0\0\0\0\0{"a":', 'checkpoint-truncated', /cut off/],
    ['a zip archive cut off', 'PK\x03\x04\x14\0\0\0', 'checkpoint-truncated', /cut off/],
    ['a pickle of something else', '\x80\x04K\x01.', 'torch-invalid', /torch\.save/],
  ]
  for (const [what, content, code, sentence] of mistaken) {
    test(`says what is wrong with ${what}`, () => {
      const path = join(folder, 'model.safetensors')
      writeFileSync(path, Buffer.from(content, 'latin1'))
      assert.throws(
        () => openTensorFile(path),
        (error) => error instanceof UserError && error.code === code && sentence.test(error.message) && error.message.includes(path),
      )
    })
  }

  test('says that a folder is a folder, and that a missing file is missing', () => {
    assert.throws(() => openTensorFile(folder), { code: 'file-is-folder' })
    assert.throws(() => openTensorFile(join(folder, 'none')), { code: 'file-not-found' })
  })

  test('passes limits on to safetensors', () => {
    const path = join(folder, 'limited')
    copyFileSync(fixture('expected.safetensors'), path)
    assert.throws(() => openTensorFile(path, { maxTensors: 3 }), { code: 'safetensors-too-many-tensors' })
  })

  test('2,000 files with a few bytes changed either open or are refused in a sentence', () => {
    const random = randomFrom(20_230_710)
    const names = ['zip.ckpt', 'legacy.ckpt', 'protocol4.pt', 'embedding_a1111.pt', 'expected.safetensors']
    const originals = names.map((name) => readFileSync(fixture(name)))
    const path = join(folder, 'flipped')
    let opened = 0
    for (let i = 0; i < 2000; i++) {
      const bytes = Buffer.from(originals[i % originals.length]!)
      for (let flips = 1 + random(4); flips > 0; flips--) bytes[random(bytes.length)]! ^= 1 << random(8)
      writeFileSync(path, bytes)
      try {
        for (const tensor of openTensorFile(path).tensors.values()) bytesOf(tensor)
        opened++
      } catch (error) {
        assert.ok(error instanceof UserError, `${names[i % names.length]}, round ${i}: ${String(error)}`)
      }
    }
    assert.ok(opened > 200 && opened < 1800, `${opened} of 2,000 opened`)
  })
})

/** Whole numbers below `limit`, the same ones every time (mulberry32). */
function randomFrom(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % limit
  }
}
