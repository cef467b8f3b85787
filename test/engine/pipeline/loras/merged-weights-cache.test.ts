import assert from 'node:assert/strict'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readLora } from '../../../../src/engine/checkpoint/lora/read.ts'
import { type AppliedDelta, planLoras, shapesIn } from '../../../../src/engine/checkpoint/lora/runtime/adapter-plan.ts'
import { openTensorFile } from '../../../../src/engine/checkpoint/open.ts'
import { fileStamp } from '../../../../src/engine/checkpoint/tensor/file-stamp.ts'
import { float32Of, type Tensor } from '../../../../src/engine/checkpoint/tensor/tensor.ts'
import { createMergedWeightsCache, type MergedWeightsCacheOptions } from '../../../../src/engine/pipeline/loras/merged-weights-cache.ts'
import { netsOf } from '../../../../src/engine/pipeline/model/model.ts'
import { createModelCache } from '../../../../src/engine/pipeline/model/model-cache.ts'
import { tiny } from '../../cpu-session.ts'

const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-merged-'))
after(() => rmSync(scratch, { recursive: true }))
const folder = (name: string): string => join(scratch, name)

const base = createModelCache()({ checkpoint: join(tiny, 'checkpoint.safetensors') })
const nets = netsOf(base.model)
const lora = readLora(openTensorFile(join(tiny, 'lyco_norm.safetensors')), nets)
const merged = (strength: number): readonly AppliedDelta[] => planLoras([{ lora, strength, merged: true }], shapesIn(nets)).merged
const stampOf = () => 'one file'
const options = { maxBytes: 1e9, type: 'float32' } as const
const cacheIn = (dir: string, more: Partial<MergedWeightsCacheOptions> = {}) => createMergedWeightsCache({ ...options, dir, ...more })
const changed = (model: typeof base.model): Tensor[] =>
  [...model.unet.tensors].filter(([name, tensor]) => tensor !== base.model.unet.tensors.get(name)).map(([, tensor]) => tensor)

test('only the weights that are touched lie in the file, and the model points there', () => {
  const dir = folder('touched')
  const { model, keys } = cacheIn(dir).merge(base, merged(0.7), stampOf)
  const touched = new Set(merged(0.7).map(({ delta }) => delta.weight))
  assert.ok(touched.size > 0 && touched.size < base.model.unet.tensors.size / 10)
  const tensors = changed(model)
  assert.equal(tensors.length, touched.size)
  const [file] = readdirSync(dir)
  for (const { at } of tensors) assert.ok(!(at instanceof Uint8Array) && at.file === join(dir, file!))
  assert.notEqual(keys.unet, base.keys.unet)
  assert.deepEqual(
    { text: keys.text, vae: keys.vae },
    { text: base.keys.text, vae: base.keys.vae },
    'nets that nothing was merged into keep their sessions',
  )
})

test('in memory, on disk and in half precision the same numbers are merged', () => {
  const plain = changed(createMergedWeightsCache({ ...options, dir: undefined }).merge(base, merged(0.7), stampOf).model)
  const onDisk = changed(cacheIn(folder('same')).merge(base, merged(0.7), stampOf).model)
  const half = changed(cacheIn(folder('same'), { type: 'float16' }).merge(base, merged(0.7), stampOf).model)
  for (const [i, tensor] of plain.entries()) {
    assert.deepEqual(float32Of(onDisk[i]!), float32Of(tensor))
    assert.deepEqual(float32Of(half[i]!), float32Of(tensor).map(Math.f16round))
  }
})

test('a file is made once, and again for another strength, another file, another base', () => {
  const dir = folder('once')
  const made = cacheIn(dir)
  const names = () => readdirSync(dir).length
  made.merge(base, merged(0.7), stampOf)
  const [name] = readdirSync(dir)
  const written = statSync(join(dir, name!)).ino
  const stamp = fileStamp(join(dir, name!))
  cacheIn(dir).merge(base, merged(0.7), stampOf)
  assert.equal(names(), 1)
  assert.equal(fileStamp(join(dir, name!)), stamp, 'what was computed from it is found again')
  assert.equal(statSync(join(dir, name!)).ino, written, 'also by another process')
  made.merge(base, merged(0.6), stampOf)
  assert.equal(names(), 2)
  made.merge(base, merged(0.6), () => 'another file')
  assert.equal(names(), 3)
  made.merge({ ...base, keys: { ...base.keys, unet: 'another base' } }, merged(0.6), stampOf)
  assert.equal(names(), 4)
})

test('nothing to merge is nothing written', () => {
  const dir = folder('nothing')
  assert.deepEqual(cacheIn(dir).merge(base, [], stampOf), { model: base.model, keys: base.keys })
  assert.ok(!existsSync(dir))
})

test('a disk that is full is said in one sentence, and nothing is left half-written', () => {
  const dir = folder('full')
  let left = 5000
  const write: MergedWeightsCacheOptions['write'] = (fd, bytes, offset, length) => {
    if (left < length) throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
    left -= length
    return writeSync(fd, bytes, offset, length)
  }
  assert.throws(() => cacheIn(dir, { write: write! }).merge(base, merged(0.7), stampOf), {
    name: 'UserError',
    code: 'no-disk-space',
    message: /^There is no room on the disk for .*\.safetensors: it takes \d+\.\d MB\.$/,
  })
  assert.deepEqual(readdirSync(dir), [])
})

test('a folder that cannot be made is named', () => {
  writeFileSync(folder('file'), 'no folder')
  assert.throws(() => cacheIn(join(folder('file'), 'merged')).merge(base, merged(0.7), stampOf), {
    name: 'UserError',
    code: 'not-writable',
    message: /file\/merged, where merged weights are kept, cannot be made \(ENOTDIR\)/,
  })
})

test('a damaged file is made again', () => {
  const dir = folder('damaged')
  cacheIn(dir).merge(base, merged(0.7), stampOf)
  const path = join(dir, readdirSync(dir)[0]!)
  const whole = readFileSync(path)
  writeFileSync(path, whole.subarray(0, whole.length / 2))
  cacheIn(dir).merge(base, merged(0.7), stampOf)
  assert.deepEqual(readFileSync(path), whole)
})

test('what was used longest ago goes when there is too much, and what was left half-written long ago', () => {
  const dir = folder('bounded')
  const hoursAgo = (path: string, hours: number): void => {
    const then = new Date(Date.now() - hours * 3_600_000)
    utimesSync(path, then, then)
  }
  const made = cacheIn(dir)
  made.merge(base, merged(0.1), stampOf)
  const [first] = readdirSync(dir) as [string]
  const each = statSync(join(dir, first)).size
  made.merge(base, merged(0.2), stampOf)
  const second = readdirSync(dir).find((name) => name !== first)!
  hoursAgo(join(dir, first), 3)
  hoursAgo(join(dir, second), 2)
  for (const [name, hours] of [
    ['old.partial', 2],
    ['new.partial', 0],
  ] as const) {
    writeFileSync(join(dir, name), 'half')
    hoursAgo(join(dir, name), hours)
  }
  made.merge(base, merged(0.1), stampOf) // used again, so that the second is the oldest
  cacheIn(dir, { maxBytes: 2.5 * each }).merge(base, merged(0.3), stampOf)
  const left = readdirSync(dir)
  assert.ok(left.includes(first) && !left.includes(second) && left.includes('new.partial') && !left.includes('old.partial'))
  cacheIn(dir, { maxBytes: 1 }).merge(base, merged(0.4), stampOf)
  assert.equal(readdirSync(dir).filter((name) => name.endsWith('.safetensors')).length, 1, 'the one that is in use stays')
})
