import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { NumpyArray } from '../../../../src/engine/checkpoint/pickle/numpy.ts'
import { PickledName } from '../../../../src/engine/checkpoint/pickle/pickle-world.ts'
import { openSafetensors } from '../../../../src/engine/checkpoint/safetensors/safetensors.ts'
import { byteLengthOf, bytesOf, type TensorFile } from '../../../../src/engine/checkpoint/tensor/tensor.ts'
import { openTorch, readTorch } from '../../../../src/engine/checkpoint/torch/torch-file.ts'
import { TorchTensor } from '../../../../src/engine/checkpoint/torch/torch-tensor.ts'
import { zipOf } from './zip-file.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'zoetrope-torch-')))
after(() => rmSync(folder, { recursive: true }))

const fixture = (name: string): string => realpathSync(fileURLToPath(new URL(`../../../fixtures/torch-files/${name}`, import.meta.url)))
const expected = openSafetensors(fixture('expected.safetensors'))

function assertSameTensors(actual: TensorFile): void {
  assert.deepEqual([...actual.tensors.keys()].sort(), [...expected.tensors.keys()].sort())
  for (const [name, tensor] of expected.tensors) {
    const read = actual.tensors.get(name)!
    assert.deepEqual({ name: read.name, dtype: read.dtype, shape: read.shape }, { name, dtype: tensor.dtype, shape: tensor.shape })
    assert.deepEqual(Buffer.from(bytesOf(read)), Buffer.from(bytesOf(tensor)), name)
  }
}

describe('openTorch', () => {
  for (const name of ['zip.ckpt', 'legacy.ckpt', 'protocol4.pt']) {
    test(`reads every tensor of ${name}, bit for bit`, () => assertSameTensors(openTorch(fixture(name))))

    test(`leaves the dense tensors of ${name} where they lie, and copies only the strided ones`, () => {
      const path = fixture(name)
      const whole = readFileSync(path)
      for (const tensor of openTorch(path).tensors.values()) {
        const { at } = tensor
        if (['view.transposed', 'view.strided', 'view.expanded'].includes(tensor.name)) assert.ok(at instanceof Uint8Array, tensor.name)
        else {
          assert.ok(!(at instanceof Uint8Array), tensor.name)
          assert.equal(at.file, path)
          const there = whole.subarray(at.offset, at.offset + byteLengthOf(tensor))
          assert.deepEqual(there, Buffer.from(bytesOf(expected.tensors.get(tensor.name)!)), tensor.name)
        }
      }
    })
  }

  test('gives the texts and numbers beside the tensors as metadata', () => {
    assert.deepEqual(
      [...openTorch(fixture('zip.ckpt')).metadata],
      [['epoch', '3'], ['global_step', '470000'], ['pytorch-lightning_version', '1.4.2']], // biome-ignore format: pairs
    )
    assert.equal(openTorch(fixture('embedding_a1111.pt')).metadata.get('name'), 'zoe')
  })

  test('reads the three kinds of textual inversion', () => {
    const vectors = openSafetensors(fixture('embedding_expected.safetensors')).tensors.get('vectors')!
    const a1111 = openTorch(fixture('embedding_a1111.pt')).tensors
    assert.deepEqual([...a1111.keys()], ['string_to_param.*'])
    assert.deepEqual(a1111.get('string_to_param.*')!.shape, vectors.shape)
    assert.deepEqual(bytesOf(a1111.get('string_to_param.*')!), bytesOf(vectors))
    const diffusers = openTorch(fixture('embedding_diffusers.bin')).tensors
    assert.deepEqual([...diffusers.keys()], ['<zoe>'])
    assert.deepEqual(bytesOf(diffusers.get('<zoe>')!), bytesOf(vectors).subarray(0, byteLengthOf(diffusers.get('<zoe>')!)))
    assert.deepEqual(bytesOf(openSafetensors(fixture('embedding_kohya.safetensors')).tensors.get('emb_params')!), bytesOf(vectors))
  })

  test('takes the tensors out of a wrapper, and leaves what stands beside it', () => {
    for (const wrapper of ['state_dict', 'controlnet', 'module']) {
      const path = saved(
        `}(${text(wrapper)}}${text('a')}${tensor()}s${text('animatediff_config')}}s${text('optimizer')}}${text('m')}${tensor()}su.`,
      )
      assert.deepEqual([...openTorch(path).tensors.keys()], ['a'])
    }
  })

  test('a key that is named like a wrapper and holds no tensors is none', () => {
    const path = saved(`}(${text('state_dict')}}${text('steps')}K\x01s${text('a')}${tensor()}u.`)
    assert.deepEqual([...openTorch(path).tensors.keys()], ['a'])
  })

  test('joins the names of nested dicts and lists with dots', () => {
    const path = saved(`}(K\x05](}${text('linear.weight')}${tensor()}sNe${text('x')}}${text('y')}}${text('z')}${tensor()}ssu.`)
    assert.deepEqual([...openTorch(path).tensors.keys()], ['5.0.linear.weight', 'x.y.z'])
  })

  const refused: readonly [what: string, code: string, program: () => string][] = [
    ['two tensors of one name', 'torch-name-twice', () => `}(${text('a.b')}${tensor()}${text('a')}}${text('b')}${tensor()}su.`],
    ['no tensors', 'torch-no-tensors', () => `}${text('epoch')}K\x01s.`],
    ['a tensor without a name', 'torch-no-tensors', () => `${tensor()}.`],
    ['a dict that holds itself', 'torch-nested-too-deep', () => `}q\0${text('a')}h\0s.`],
    ['a list that holds itself and a tensor', 'torch-nested-too-deep', () => `](${tensor()}e]q\0h\0aa.`],
    ['a state dict that is its own state dict', 'torch-nested-too-deep', () => `}q\0(${text('state_dict')}h\0${text('a')}${tensor()}u.`],
    ['tuples in tuples, a million deep', 'torch-nested-too-deep', () => `)${'\x85'.repeat(1_000_000)}.`],
    ['lists that branch 40 times, 15 deep', 'torch-nested-too-deep', () => `]${'q\0]('.concat('h\0'.repeat(40), 'e').repeat(14)}.`],
    ['a name of 2,000 letters', 'torch-name-too-long', () => `}${text('n'.repeat(2000))}${tensor()}s.`],
    ['four bytes that expand to 4 TB', 'torch-expands', () => `}${text('a')}${tensor('\x8a\x06\0\0\0\0\0\x01\x85', 'K\0\x85')}s.`],
  ]
  for (const [what, code, program] of refused) {
    test(`refuses ${what}`, () => {
      const begin = performance.now()
      assert.throws(() => openTorch(saved(program())), { name: 'UserError', code })
      assert.ok(performance.now() - begin < 5000)
    })
  }

  test('reads eight-bit floats, which name their type beside untyped bytes', () => {
    const typed = (type: string) => {
      const storage = '(U\x07storagectorch.storage\nUntypedStorage\nU\x010U\x03cpuK\x03tQ'
      return `ctorch._utils\n_rebuild_tensor_v3\n(${storage}K\0K\x03\x85K\x01\x85\x89Nctorch\n${type}\ntR`
    }
    const path = join(folder, 'float8.ckpt')
    const save = (type: string) =>
      writeFileSync(
        path,
        zipOf([
          { name: 'm/data.pkl', bytes: Buffer.from(`\x80\x02}${text('a')}${typed(type)}s.`, 'latin1') },
          { name: 'm/data/0', bytes: Uint8Array.of(0x38, 0xb8, 0x40) },
        ]),
      )
    for (const [type, dtype] of [
      ['float8_e4m3fn', 'F8_E4M3'],
      ['float8_e5m2', 'F8_E5M2'],
    ] as const) {
      save(type)
      const { dtype: read, shape, ...tensor } = openTorch(path).tensors.get('a')!
      assert.deepEqual(
        { read, shape, bytes: [...bytesOf({ ...tensor, dtype: read, shape })] },
        { read: dtype, shape: [3], bytes: [0x38, 0xb8, 0x40] },
      )
    }
    save('complex32')
    assert.throws(() => openTorch(path), { code: 'pickle-invalid', message: /a tensor of the type "torch\.complex32", which is not read/ })
  })

  test('makes tensors of NumPy arrays, in either order of the axes', () => {
    const type = 'cnumpy\ndtype\n(U\x02f4K\x00K\x01tR(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb'
    const array = (fortran: string) =>
      `cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\0\x85U\x01btR(K\x01K\x02K\x03\x86${type}${fortran}U\x18${'\0\0\0\0\0\0\x80\x3f\0\0\0\x40\0\0\x40\x40\0\0\x80\x40\0\0\xa0\x40'}tb`
    const rebuilt = (fortran: string) =>
      `ctorch._utils\n_rebuild_device_tensor_from_numpy\n(${array(fortran)}ctorch\nfloat32\nU\x03cpu\x89tR`
    const { tensors } = openTorch(saved(`}(${text('rows')}${rebuilt('\x89')}${text('columns')}${rebuilt('\x88')}u.`))
    const values = (name: string) => [...new Float32Array(bytesOf(tensors.get(name)!).slice().buffer)]
    assert.deepEqual(values('rows'), [0, 1, 2, 3, 4, 5])
    assert.deepEqual(values('columns'), [0, 2, 4, 1, 3, 5])
  })
})

describe('readTorch', () => {
  for (const [name, container] of [
    ['zip.ckpt', 'torch-zip'],
    ['legacy.ckpt', 'torch-legacy'],
  ] as const) {
    // biome-ignore format: pairs
    test(`rebuilds everything in ${name}, running nothing`, () => {
      const content = readTorch(fixture(name))
      assert.equal(content.container, container)
      const root = asMap(content.root)
      assert.deepEqual(root.get('optimizer_states'), [])
      assert.deepEqual(root.get('lr_schedulers'), [new Map([['base_lrs', [0.0001]]])])
      const [[callback, state] = []] = asMap(root.get('callbacks'))
      assert.deepEqual(callback, new PickledName('pytorch_lightning.callbacks.model_checkpoint', 'ModelCheckpoint'))
      assert.deepEqual(
        state,
        new Map<string, unknown>([
          ['monitor', null],
          ['best_model_score', 0.25],
          ['dirpath', '/x'],
          ['big', 2n ** 70n],
          ['neg', -(2 ** 40)],
          ['set', new Set([1, 2])],
          ['bytes', Uint8Array.of(0, 255)],
          ['tuple', [1, 'ü', null, true, 1.5]],
        ]),
      )
      const array = root.get('np')
      assert.ok(array instanceof NumpyArray)
      assert.deepEqual({ type: array.type.code, shape: array.shape }, { type: 'i8', shape: [3] })
      assert.deepEqual([...new BigInt64Array(array.data.slice().buffer)], [0n, 1n, 2n])
      const tensors = asMap(root.get('state_dict'))
      const [slice, strided, same] = ['view.slice', 'view.strided', 'view.same_storage'].map((view) => tensors.get(view))
      assert.ok(slice instanceof TorchTensor && strided instanceof TorchTensor && same instanceof TorchTensor)
      assert.equal(slice.storage, strided.storage)
      assert.equal(slice.storage, same.storage)
      assert.deepEqual({ offset: slice.offset, shape: slice.shape, stride: slice.stride }, { offset: 4, shape: [3, 4], stride: [4, 1] })
      assert.equal(content.places.has(slice.storage.key), true)
    })
  }
})

function asMap(value: unknown): ReadonlyMap<unknown, unknown> {
  assert.ok(value instanceof Map)
  return value
}

const text = (value: string): string => {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(value.length)
  return `X${length.toString('latin1')}${value}`
}

/** One float in storage 0. */
function tensor(shape = 'K\x01\x85', stride = 'K\x01\x85'): string {
  return `ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x01tQK\0${shape}${stride}\x89NtR`
}

function saved(program: string): string {
  const path = join(folder, 'saved.ckpt')
  writeFileSync(
    path,
    zipOf([
      { name: 'archive/data.pkl', bytes: Buffer.from(program, 'latin1') },
      { name: 'archive/data/0', bytes: new Uint8Array(4) },
    ]),
  )
  return path
}
