import assert from 'node:assert/strict'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, test } from 'node:test'
import { identify } from '../../../src/engine/checkpoint/identify/identify.ts'
import { writeSafetensors } from '../../../src/engine/checkpoint/safetensors/write-safetensors.ts'
import { configBeside, openWeightsAt } from '../../../src/engine/checkpoint/weight-folder.ts'
import { fixtures } from '../cpu-session.ts'

const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-folder-'))
after(() => rmSync(scratch, { recursive: true }))

/** A folder of files that hold one tensor each, named after its file. */
function folderOf(...names: readonly string[]): string {
  const folder = mkdtempSync(join(scratch, 'x'))
  for (const name of names) {
    if (name.endsWith('.json')) writeFileSync(join(folder, name), '{"weight_map":{}}')
    else writeSafetensors(join(folder, name), [{ name, dtype: 'F32', shape: [1], bytes: new Uint8Array(4) }])
  }
  return folder
}

const stem = 'diffusion_pytorch_model'
for (const [meant, ...others] of [
  [`${stem}.safetensors`, `${stem}.bin`, `${stem}.fp16.safetensors`, `${stem}.non_ema.safetensors`],
  [`${stem}.fp16.safetensors`, `${stem}.bf16.safetensors`, `${stem}.bin`],
  [`${stem}.bf16.safetensors`, `${stem}.non_ema.safetensors`],
  [`${stem}.mine.safetensors`, `${stem}.non_ema.safetensors`],
  [`${stem}.non_ema.safetensors`, 'config.json'],
  ['model.safetensors', 'pytorch_model.bin'],
  ['pytorch_model.fp16.bin'],
  [`${stem}.safetensors`, `${stem}.safetensors.index.json`],
  ['anything.ckpt', 'config.json'],
] as const) {
  test(`of ${[...others, meant].join(', ')}, ${meant} is meant`, () => {
    assert.deepEqual([...openWeightsAt(folderOf(meant, ...others)).tensors.keys()], [meant])
  })
}

test('shards are one file, called like their folder, whose tensors lie where the index says', () => {
  const folder = join(fixtures, 'reports/engine/folders/sharded/unet')
  const file = openWeightsAt(folder)
  assert.equal(file.path, realpathSync(folder))
  const places = new Set([...file.tensors.values()].map(({ at }) => (at instanceof Uint8Array ? '' : basename(at.file))))
  assert.deepEqual(
    [...places].sort(),
    [1, 2].map((i) => `${stem}-0000${i}-of-00002.safetensors`),
  )
})

test('an index may not point out of its folder, nor at what is not there', () => {
  const folder = folderOf(`${stem}-00001-of-00002.safetensors`)
  const index = (map: Record<string, string>) =>
    writeFileSync(join(folder, `${stem}.safetensors.index.json`), JSON.stringify({ weight_map: map }))
  const cases: readonly (readonly [map: Record<string, string>, why: RegExp])[] = [
    [{ a: '../x.safetensors' }, /places a tensor in "\.\.\/x\.safetensors", which is no file of its folder\.$/],
    [{ a: `${stem}-00002-of-00002.safetensors` }, /which is not there\.$/],
    [{ a: `${stem}-00001-of-00002.safetensors` }, /places "a" in ".*", which does not hold it\.$/],
    [{}, /its weight_map is empty\.$/],
  ]
  for (const [map, message] of cases) {
    index(map)
    assert.throws(() => openWeightsAt(folder), { name: 'UserError', code: 'folder-shards', message })
  }
})

test('what is said of a net in a folder is what it is drawn with: heads and groups are its configuration’s', () => {
  const pocket = 'models/pocket'
  const unet = identify(openWeightsAt(join(pocket, 'unet')))
  const text = identify(openWeightsAt(join(pocket, 'text_encoder')))
  const motion = identify(openWeightsAt(join(pocket, 'motion')))
  assert.ok(unet.kind === 'unet' && text.kind === 'text-encoder' && motion.kind === 'motion-module')
  assert.deepEqual([unet.unet.heads, text.text.heads, motion.motion.heads], [2, 2, 2])
  assert.equal(configBeside(join(pocket, 'words.json')), undefined)
})
