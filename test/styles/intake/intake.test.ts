import assert from 'node:assert/strict'
import { copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import type { StyleFileCard } from '../../../src/chat/contract/style-admin.ts'
import { writeSafetensors } from '../../../src/engine/checkpoint/safetensors/write-safetensors.ts'
import { animeLora, attached, models, openTestStyles, refusal } from '../test-styles.ts'

const torchFiles = join(import.meta.dirname, '../../fixtures/torch-files')

type Shapes = Readonly<Record<string, readonly number[]>>

/** A safetensors file by hand: any header over so many bytes of data. */
function raw(header: string | Buffer, dataBytes: number, length?: bigint): Buffer {
  const json = Buffer.from(header)
  const prefix = Buffer.alloc(8)
  prefix.writeBigUInt64LE(length ?? BigInt(json.length))
  return Buffer.concat([prefix, json, Buffer.alloc(dataBytes)])
}

/** Float32 tensors of these shapes, all zeros but for `first` in the first of them. */
function tensors(shapes: Shapes, { metadata = {}, first }: { metadata?: Record<string, string>; first?: number } = {}): Buffer {
  const header: Record<string, unknown> = { __metadata__: metadata }
  let at = 0
  for (const [name, shape] of Object.entries(shapes)) {
    const bytes = shape.reduce((product, side) => product * side, 4)
    header[name] = { dtype: 'F32', shape, data_offsets: [at, at + bytes] }
    at += bytes
  }
  const file = raw(JSON.stringify(header), at)
  if (first !== undefined) file.writeFloatLE(first, file.length - at)
  return file
}

const key = 'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k'
const lora = (input: number, output: number, module = key): Shapes => ({
  [`${module}.lora_down.weight`]: [4, input],
  [`${module}.lora_up.weight`]: [output, 4],
})

const manyTensors = (count: number): Buffer =>
  tensors(Object.fromEntries(Array.from({ length: count }, (_, i) => [`${key}_${i}.lora_down.weight`, [1, 1]])))

const bomb = deflateRawSync(Buffer.alloc(1_000_000))

/** Handed over in chat as look.safetensors, whatever they are. */
const hostile: readonly { readonly named: string; readonly bytes: Buffer; readonly code: string; readonly says: RegExp }[] = [
  { named: 'a pickle', bytes: readFileSync(join(torchFiles, 'protocol4.pt')), code: 'file-is-pickle', says: /may run programs/ },
  { named: 'a zip of torch.save', bytes: readFileSync(join(torchFiles, 'zip.ckpt')), code: 'file-is-pickle', says: /only safetensors/ },
  { named: 'a web page', bytes: Buffer.from('<!DOCTYPE html><title>Sign in</title>'), code: 'file-is-html', says: /web page/ },
  {
    named: 'a packed archive',
    bytes: Buffer.concat([Buffer.from('\x1f\x8b\x08', 'latin1'), bomb]),
    code: 'file-is-archive',
    says: /packed/,
  },
  { named: 'nothing', bytes: Buffer.alloc(0), code: 'file-empty', says: /empty/ },
  { named: 'a header of 2⁶³ bytes', bytes: raw('{}', 0, 2n ** 63n), code: 'file-not-tensors', says: /neither/ },
  { named: 'a header larger than the file', bytes: raw('{}', 0, 5000n), code: 'checkpoint-truncated', says: /cut off/ },
  {
    named: 'a header of 11 MB',
    bytes: raw(`{${' '.repeat(11_000_000)}}`, 0),
    code: 'safetensors-header-too-large',
    says: /at most 10000000/,
  },
  { named: 'more tensors than any model has', bytes: manyTensors(20_001), code: 'safetensors-too-many-tensors', says: /20000/ },
  {
    named: 'tensors on the same bytes',
    bytes: raw('{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"b":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}', 16),
    code: 'safetensors-invalid',
    says: /same bytes/,
  },
  {
    named: 'a tensor of more bytes than can be counted',
    bytes: raw('{"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,16]}}', 16),
    code: 'safetensors-invalid',
    says: /more bytes than can be counted/,
  },
  {
    named: 'a tensor that is named twice',
    bytes: raw('{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"a":{"dtype":"F32","shape":[4],"data_offsets":[16,32]}}', 32),
    code: 'safetensors-header-invalid',
    says: /./,
  },
  {
    named: 'something behind its last tensor',
    bytes: Buffer.concat([animeLora(), Buffer.from('#!/bin/sh')]),
    code: 'safetensors-invalid',
    says: /after its last tensor/,
  },
  { named: 'a file that was cut off', bytes: Buffer.from(animeLora().subarray(0, 300_000)), code: 'checkpoint-truncated', says: /cut off/ },
  { named: 'a LoRA with NaN in it', bytes: tensors(lora(160, 64), { first: NaN }), code: 'tensor-not-finite', says: /NaN or infinite/ },
  {
    named: 'a LoRA with infinity in it',
    bytes: tensors(lora(160, 64), { first: -Infinity }),
    code: 'tensor-not-finite',
    says: /NaN or infinite/,
  },
  { named: 'a LoRA for SDXL', bytes: tensors(lora(2048, 640)), code: 'lora-other-base', says: /SDXL/ },
  { named: 'a LoRA for Stable Diffusion 2', bytes: tensors(lora(1024, 320)), code: 'lora-other-base', says: /Stable Diffusion 2/ },
  {
    named: 'a LoRA for Flux',
    bytes: tensors(lora(3072, 3072, 'lora_unet_double_blocks_0_img_attn_proj')),
    code: 'lora-other-base',
    says: /Flux/,
  },
  {
    named: 'a LoRA for a base that is not installed',
    bytes: tensors(lora(768, 320)),
    code: 'file-other-width',
    says: /Stable Diffusion 1\.x.*reads 160/,
  },
  { named: 'a LoRA of other widths', bytes: tensors(lora(160, 320)), code: 'lora-shape', says: /./ },
  { named: 'a textual inversion of another width', bytes: tensors({ emb_params: [2, 768] }), code: 'file-other-width', says: /768/ },
  {
    named: 'a ControlNet',
    bytes: tensors({ 'control_model.zero_convs.0.0.weight': [4, 4, 1, 1], 'control_model.input_hint_block.0.weight': [4, 3, 3, 3] }),
    code: 'control-net',
    says: /steers/,
  },
  { named: 'an upscaler', bytes: tensors({ 'body.0.rdb1.conv1.weight': [4, 4, 3, 3] }), code: 'upscaler', says: /upscaler/ },
  {
    named: 'tensors of nothing that is known',
    bytes: tensors({ mystery: [3, 3], secret: [2] }),
    code: 'unknown',
    says: /none of what is known/,
  },
  {
    named: 'a UNet alone',
    bytes: readFileSync(join(models, 'pocket/unet/diffusion_pytorch_model.safetensors')),
    code: 'file-part-alone',
    says: /one net alone/,
  },
]

describe('a hostile file is refused with its reason and leaves nothing behind:', async () => {
  const setup = await openTestStyles()
  for (const { named, bytes, code, says } of hostile) {
    test(named, async () => {
      const before = setup.files()
      const { file, files } = attached(bytes)
      const error = await refusal(setup.admin({ files }).add({ name: 'look', extend: false, file }))
      assert.equal(error.code, code, error.message)
      assert.match(error.message, says)
      assert.match(error.message, /look\.safetensors|tensor/)
      assert.ok(!JSON.stringify([error.message, error.data]).includes('/'.concat(setup.folder.split('/')[1]!)), error.message)
      assert.deepEqual(setup.files(), before)
      assert.equal(await setup.styles.get('look'), undefined)
    })
  }
  test('and then a good one is taken', async () => {
    const { file, files } = attached(animeLora())
    assert.equal((await setup.admin({ files }).add({ name: 'look', extend: false, file })).files.length, 1)
    setup.close()
  })
})

describe('where a file comes from', () => {
  test('exactly one source is named', async () => {
    const setup = await openTestStyles()
    const { file, files } = attached(animeLora())
    assert.equal((await refusal(setup.admin({ files }).add({ name: 'x', extend: false }))).code, 'style-source')
    assert.equal(
      (await refusal(setup.admin({ files }).add({ name: 'x', extend: false, file, url: 'https://huggingface.co/x' }))).code,
      'style-source',
    )
    setup.close()
  })

  test('a path lies in the folders of models; nothing tells what else is on this host', async () => {
    const setup = await openTestStyles()
    const admin = setup.admin()
    mkdirSync(join(setup.hostFolder, 'sub'))
    copyFileSync(join(models, 'pocket/loras/anime.safetensors'), join(setup.hostFolder, 'sub/a.safetensors'))
    symlinkSync('/etc/passwd', join(setup.hostFolder, 'out.safetensors'))
    for (const path of ['/etc/passwd', '/etc/nothing', '../../etc/passwd', 'sub', 'nothing.safetensors', 'out.safetensors', '', '/']) {
      const { code, message } = await refusal(admin.add({ name: 'x', extend: false, path }))
      assert.equal(code, 'path-outside', path)
      assert.equal(message.replace(`'${path}'`, ''), 'There is no file  in the models folder of the bot.')
    }
    const card = await admin.add({ name: 'x', extend: false, path: 'sub/a.safetensors' })
    assert.equal(card.files[0]!.source, 'path:sub/a.safetensors')
    setup.close()
  })

  test('a pickle is taken from the host, read without running anything, and its word is kept', async () => {
    const setup = await openTestStyles()
    copyFileSync(join(torchFiles, 'embedding_a1111.pt'), join(setup.hostFolder, 'my look.pt'))
    const card = await setup.admin().add({ name: 'ti', extend: false, path: 'my look.pt' })
    const [{ about, word }] = card.files as [StyleFileCard]
    assert.deepEqual({ base: card.base, about, word }, { base: 'tiny', about: 'textual inversion, 3 vectors', word: 'zoe' })
    assert.match((await setup.styles.find('ti', 'discord/s1', true))!.model.embeddings![0]!.file, /\.ckpt$/)
    const proof = join(setup.hostFolder, 'it-ran')
    writeFileSync(join(setup.hostFolder, 'evil.ckpt'), `\x80\x02cposix\nsystem\n(S'touch ${proof}'\ntR.`, 'latin1')
    const before = setup.files()
    assert.match((await refusal(setup.admin().add({ name: 'x', extend: false, path: 'evil.ckpt' }))).message, /^evil\.ckpt/)
    assert.ok(!existsSync(proof))
    assert.deepEqual(setup.files(), before)
    setup.close()
  })

  test('a link in the folder of models is followed only inside it', async () => {
    const setup = await openTestStyles()
    copyFileSync(join(models, 'pocket/loras/anime.safetensors'), join(setup.hostFolder, 'a.safetensors'))
    linkSync(join(setup.hostFolder, 'a.safetensors'), join(setup.hostFolder, 'b.safetensors'))
    const card = await setup.admin().add({ name: 'x', extend: false, path: 'b.safetensors' })
    assert.equal(card.files[0]!.bytes, animeLora().length)
    setup.close()
  })

  test('an attachment that is larger than was said ends at the limit', async () => {
    const setup = await openTestStyles({ quotas: { maxFileBytes: 100_000, maxSpaceBytes: 1e9, maxBytes: 1e9, addsPerHour: 9 } })
    const { file, files } = attached(animeLora())
    assert.equal(
      (await refusal(setup.admin({ files }).add({ name: 'x', extend: false, file: { ...file, bytes: 10 } }))).code,
      'file-too-large',
    )
    assert.deepEqual(setup.files(), [])
    setup.close()
  })
})

describe("what is taken over from a file's own words", () => {
  const shapes = lora(160, 64)
  async function added(metadata: Record<string, string>) {
    const setup = await openTestStyles()
    const { file, files } = attached(tensors(shapes, { metadata }))
    const card = await setup.admin({ files }).add({ name: 'x', extend: false, file })
    const style = await setup.styles.find('x', 'discord/s1', true)
    setup.close()
    return { card, style }
  }

  test('the phrase that it names becomes the trigger words, put before every prompt', async () => {
    const { card, style } = await added({
      'modelspec.trigger_phrase': 'zxc style, ink',
      'modelspec.license': 'CC-BY-4.0',
      'modelspec.title': 'Ink',
    })
    assert.deepEqual(card.triggers, ['zxc style', 'ink'])
    assert.equal(card.files[0]!.license, 'CC-BY-4.0')
    assert.equal(card.about, 'Ink')
    assert.equal(style!.before, 'zxc style, ink')
  })

  test('where it names none, the tag it was trained on most does; the others are told', async () => {
    const tags = { ss_tag_frequency: JSON.stringify({ '10_x': { zxc: 40, '1girl': 30, solo: 2 } }) }
    const { card } = await added(tags)
    assert.deepEqual(card.triggers, ['zxc'])
    assert.deepEqual(card.notes, [{ key: 'style-note-words', data: { words: '1girl, solo' } }])
  })

  test('a word that would be a command to the prompt or hide on a screen is only a word', async () => {
    const { card, style } = await added({
      'modelspec.trigger_phrase': '(evil:9),BREAK,\u202egnp.exe\u0007',
      'modelspec.title': `<@everyone>\n${'x'.repeat(2000)}`,
    })
    assert.deepEqual(card.triggers, [String.raw`\(evil 9\)`, 'break', 'gnp.exe'])
    assert.equal(card.about.length, 500)
    assert.doesNotMatch(card.about + style!.before, /[\p{C}]/u)
  })

  test('a textual inversion stands under its file name, a word of its own, or the one that is given', async () => {
    const setup = await openTestStyles()
    const { file, files } = attached(tensors({ emb_params: [2, 160] }), 'My Look (v2).safetensors')
    const admin = setup.admin({ files })
    assert.equal((await admin.add({ name: 'a', extend: false, file })).files[0]!.word, 'My-Look-v2-')
    const given = await admin.add({ name: 'b', extend: false, file, word: 'lookx' })
    assert.equal(given.files[0]!.word, 'lookx')
    assert.deepEqual(given.triggers, ['lookx'])
    assert.equal((await refusal(admin.add({ name: 'c', extend: false, file, word: 'two words' }))).code, 'style-word')
    // What is put before every prompt is what it listens to, and is gone with it.
    assert.deepEqual((await admin.edit('a', { word: 'zoe' })).triggers, ['zoe'])
    assert.deepEqual((await admin.edit('a', { drop: true })).triggers, [])
    assert.deepEqual(
      (await setup.styles.find('b', 'discord/s1', true))!.model.embeddings!.map(({ word }) => word),
      ['lookx'],
    )
    const own = attached(tensors({ '<cat-toy>': [1, 160] }))
    assert.equal((await setup.admin({ files: own.files }).add({ name: 'd', extend: false, file: own.file })).files[0]!.word, '<cat-toy>')
    setup.close()
  })

  test('a VAE and a motion LoRA are told for what they are', async () => {
    const setup = await openTestStyles()
    const vae = attached(readFileSync(join(models, 'pocket/vae/diffusion_pytorch_model.safetensors')))
    assert.equal((await setup.admin({ files: vae.files }).add({ name: 'v', extend: false, file: vae.file })).files[0]!.about, 'VAE')
    const place = 'down_blocks.0.motion_modules.0.temporal_transformer.transformer_blocks.0.attention_blocks.0.processor.to_q_lora'
    const motion = attached(tensors({ [`${place}.down.weight`]: [2, 64], [`${place}.up.weight`]: [64, 2] }))
    const card = await setup.admin({ files: motion.files }).add({ name: 'm', extend: false, file: motion.file })
    assert.equal(card.files[0]!.about, 'motion LoRA, rank 2, on 1 modules of the motion module')
    assert.deepEqual(
      card.notes.map(({ key: note }) => note),
      ['style-note-motion'],
    )
    setup.close()
  })
})

test('a file of half precision with everything in it is read to its last number', async () => {
  const setup = await openTestStyles()
  const path = join(setup.hostFolder, 'late.safetensors')
  const down = new Uint8Array(4 * 160 * 2)
  down.set([0x00, 0x7e], down.length - 2)
  writeSafetensors(path, [
    { name: `${key}.lora_down.weight`, dtype: 'F16', shape: [4, 160], bytes: down },
    { name: `${key}.lora_up.weight`, dtype: 'F16', shape: [64, 4], bytes: new Uint8Array(64 * 4 * 2) },
  ])
  const error = await refusal(setup.admin().add({ name: 'x', extend: false, path: 'late.safetensors' }))
  assert.equal(error.code, 'tensor-not-finite')
  assert.equal(error.data['index'], 639)
  writeFileSync(path, '')
  setup.close()
})
