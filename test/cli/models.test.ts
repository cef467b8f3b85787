import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { kindOfFile } from '../../src/engine/checkpoint/kind-of-file.ts'
import { baseModels } from '../../src/styles/catalog/base-models.ts'
import { installedModels, readRecords } from '../../src/styles/download/installed-models.ts'
import { readPublishedModels, wantedModel } from '../../src/styles/download/published-models.ts'
import { type HubOptions, pull } from '../../src/styles/download/pull-model.ts'
import { type HubFile, startHub } from './hub-server.ts'

const models = join(import.meta.dirname, '../../models')
const root = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-models-'))
after(() => rmSync(root, { recursive: true }))

const bytes = randomBytes(300_000)
const sha256 = createHash('sha256').update(bytes).digest('hex')
const model = wantedModel('owner/repo/a.safetensors', [])
let folders = 0
const fresh = (): string => join(root, String(++folders))

/** One hub that has one file. */
async function pulling(file: HubFile, options: Partial<HubOptions> = {}, folder = fresh(), named = model) {
  const hub = await startHub({ 'owner/repo/a.safetensors': file })
  const pauses: number[] = []
  const pause = async (tries: number): Promise<void> => void pauses.push(tries)
  const done = await pull(named, folder, { endpoint: hub.endpoint, pause, ...options }).catch(
    (error: unknown) => error as Error & { code: string },
  )
  await hub.close()
  return { done, calls: hub.calls, pauses, folder, left: existsSync(folder) ? readdirSync(folder) : [] }
}

describe('pulling a model', () => {
  test('follows the hub to its CDN, checks the digest, and puts it in place whole', async () => {
    const progress: number[] = []
    const { done, calls, folder, left } = await pulling({ bytes }, { token: 'hf_secret', onProgress: (at) => progress.push(at) })
    assert.deepEqual(done, { path: join(folder, 'a.safetensors'), bytes: bytes.length, sha256, commit: 'c0ffee' })
    assert.deepEqual(readFileSync(join(folder, 'a.safetensors')), bytes)
    assert.deepEqual(left, ['a.safetensors'])
    assert.equal(progress.at(-1), bytes.length)
    assert.deepEqual(
      calls.map(({ on, method, authorization }) => [on, method, authorization]),
      [
        ['hub', 'HEAD', 'Bearer hf_secret'],
        ['hub', 'GET', 'Bearer hf_secret'],
        ['cdn', 'GET', undefined],
      ],
    )
  })

  test('goes on where the line was cut, again and again as long as something comes', async () => {
    const { done, calls, pauses } = await pulling({ bytes, cuts: [100_000, 50_000, 50_000, 10_000, 10_000, 10_000, 10_000] })
    assert.equal((done as { sha256: string }).sha256, sha256)
    const ranges = calls.filter(({ on }) => on === 'cdn').map(({ range }) => Number(range?.slice(6, -1) ?? 0))
    assert.equal(ranges.length, 8)
    assert.deepEqual(
      ranges,
      [...ranges].sort((a, b) => a - b),
    )
    assert.ok(pauses.every((tries) => tries === 1))
  })

  test('is given up after five tries in vain, keeps what came, and goes on the next time', async () => {
    const folder = fresh()
    const first = await pulling({ bytes, cuts: [100_000, 0, 0, 0, 0, 0, 0] }, {}, folder)
    assert.equal((first.done as { code: string }).code, 'hub-unreachable')
    assert.match(first.left[0]!, /^a\.safetensors\.[0-9a-f]{12}\.part$/)
    assert.deepEqual(first.pauses, [1, 2, 3, 4])
    const { done, calls, left } = await pulling({ bytes }, {}, folder)
    assert.equal((done as { sha256: string }).sha256, sha256)
    assert.deepEqual([calls.at(-1)!.range, left], ['bytes=100000-', ['a.safetensors']])
  })

  test('begins anew where the other side knows no ranges', async () => {
    const { done, calls } = await pulling({ bytes, cuts: [100_000], noRanges: true })
    assert.equal((done as { sha256: string }).sha256, sha256)
    assert.equal(calls.at(-1)!.range, 'bytes=100000-')
  })

  test('throws away what arrives damaged', async () => {
    const { done, left } = await pulling({ bytes, sha256: 'ab'.repeat(32) })
    assert.equal((done as { code: string }).code, 'model-hash')
    assert.deepEqual(left, [])
  })

  test('does not go on with the beginning of another version of the file', async () => {
    const folder = fresh()
    await pulling({ bytes: randomBytes(300_000), cuts: [100_000, 0, 0, 0, 0, 0, 0] }, {}, folder)
    const { done, calls, left } = await pulling({ bytes }, {}, folder)
    assert.equal((done as { sha256: string }).sha256, sha256)
    assert.deepEqual([calls.at(-1)!.range, left], [undefined, ['a.safetensors']])
  })

  test('says what a gated model needs, and what is not there', async () => {
    const gated = await pulling({ bytes, gated: true })
    assert.equal((gated.done as { code: string }).code, 'model-gated')
    assert.match((gated.done as Error).message, /accepted its terms.*\/owner\/repo and set HF_TOKEN/)
    assert.equal(((await pulling({ bytes, gated: true }, { token: 'hf_right' })).done as { sha256: string }).sha256, sha256)
    const missing = await pulling({ bytes }, {}, fresh(), wantedModel('owner/repo/b.safetensors', []))
    assert.equal((missing.done as { code: string }).code, 'download-missing')
    const nobody = await pull(model, fresh(), { endpoint: 'http://127.0.0.1:9', pause: async () => undefined }).catch(
      (error: unknown) => error,
    )
    assert.equal((nobody as { code: string }).code, 'hub-unreachable')
  })

  test('follows a repository that was renamed, and takes small files from the hub itself', async () => {
    const renamed = await pulling({ bytes }, {}, fresh(), wantedModel('old/name/a.safetensors', []))
    assert.equal((renamed.done as { sha256: string }).sha256, sha256)
    const small = await pulling({ bytes: bytes.subarray(0, 100), small: true })
    assert.equal((small.done as { bytes: number }).bytes, 100)
  })

  test('refuses what is not the file that the catalogue knows, before it is fetched', async () => {
    const known = { ...model, sha256: 'cd'.repeat(32) }
    const { done, calls } = await pulling({ bytes }, {}, fresh(), known)
    assert.equal((done as { code: string }).code, 'model-changed')
    assert.deepEqual(
      calls.map(({ method }) => method),
      ['HEAD'],
    )
    assert.equal(((await pulling({ bytes }, {}, fresh(), { ...model, bytes: 5 })).done as { code: string }).code, 'model-changed')
  })
})

test('the catalogue names each model once, with source, size and licence where it is stated', () => {
  const catalog = readPublishedModels(models)
  const names = catalog.map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
  const kinds = Object.groupBy(catalog, ({ kind }) => kind)
  assert.equal(kinds['motion-lora']!.length, 8)
  for (const name of ['sd15', 'motion-v1', 'motion-v2', 'motion-v3', 'adapter-v3', 'animatelcm', 'lightning-4'])
    assert.ok(names.includes(name), name)
  for (const { name, needs = [], bytes: exact, megabytes } of catalog) {
    for (const other of needs) assert.ok(names.includes(other), `${name} needs ${other}`)
    if (exact !== undefined) assert.equal(megabytes, Math.round(exact / 1e6), name)
    assert.equal(wantedModel(name, catalog).name, name)
  }
  assert.equal(wantedModel('v3_sd15_mm.ckpt', catalog).name, 'motion-v3')
  assert.throws(() => wantedModel('nothing', catalog), { code: 'unknown-model' })
})

test('what lies in the folder is told by its content; a checkpoint with a motion module becomes the base', () => {
  const folder = fresh()
  const tiny = join(import.meta.dirname, '../fixtures/tiny')
  mkdirSync(folder)
  assert.deepEqual(
    baseModels({ pocket: '/pocket', installed: [] }).map(({ name }) => name),
    ['pocket'],
  )
  copyFileSync(join(tiny, 'checkpoint.safetensors'), join(folder, 'large.safetensors'))
  copyFileSync(join(tiny, 'motion_v2.safetensors'), join(folder, 'mm_sd_v15_v2.ckpt'))
  copyFileSync(join(tiny, 'motion_v3.safetensors'), join(folder, 'v3_sd15_mm.ckpt'))
  writeFileSync(join(folder, 'page.safetensors'), '<!DOCTYPE html>')
  writeFileSync(join(folder, 'x.safetensors.aaa.part'), 'x')
  const installed = installedModels(folder, kindOfFile)
  assert.deepEqual(
    installed.map(({ file, kind }) => [file, kind]),
    [
      ['large.safetensors', 'sd1-checkpoint'],
      ['mm_sd_v15_v2.ckpt', 'motion-module'],
      ['page.safetensors', 'refused'],
      ['v3_sd15_mm.ckpt', 'motion-module'],
    ],
  )
  const [base, small] = baseModels({ pocket: '/pocket', installed })
  assert.deepEqual([base.name, base.files.motion, small!.name], ['large', join(folder, 'v3_sd15_mm.ckpt'), 'pocket'])
  assert.equal(baseModels({ pocket: '/pocket', installed: installed.slice(0, 1) })[0].name, 'pocket')
  assert.equal(baseModels({ pocket: '/pocket', checkpoint: '/x/my model.ckpt', installed })[0].name, 'my model')
})

test('zoetrope models pulls, lists, verifies and removes', async () => {
  const hub = await startHub({
    'owner/repo/anime.safetensors': { bytes: readFileSync(join(models, 'pocket/loras/anime.safetensors')), cuts: [100_000] },
    'owner/repo/gated.safetensors': { bytes, gated: true },
  })
  const home = fresh()
  async function zoetrope(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
    const env = { ...process.env, ZOETROPE_HOME: home, HF_ENDPOINT: `${hub.endpoint}/`, NODE_NO_WARNINGS: '1' }
    const child = spawn(process.execPath, [join(import.meta.dirname, '../../src/zoetrope.js'), 'models', ...args], { env })
    let [out, err] = ['', '']
    child.stdout.on('data', (text) => (out += text))
    child.stderr.on('data', (text) => (err += text))
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })))
  }
  const file = join(home, 'models/anime.safetensors')
  const pulled = await zoetrope('pull', 'owner/repo/anime.safetensors')
  assert.equal(pulled.code, 0, pulled.err)
  assert.match(pulled.out, /anime\.safetensors {2}575 kB, sha256 25f2464fb992/)
  assert.equal(readRecords(join(home, 'models'))['anime.safetensors']!.commit, 'c0ffee')
  assert.match((await zoetrope('list')).out, /anime\.safetensors +575 kB +LoRA/)
  assert.match((await zoetrope('verify')).out, /anime\.safetensors {2}as it was pulled/)
  const damaged = readFileSync(file)
  damaged[damaged.length - 1]! ^= 1
  writeFileSync(file, damaged)
  const verified = await zoetrope('verify')
  assert.deepEqual([verified.code, verified.err], [1, 'Not what was pulled: anime.safetensors. Remove and pull again.\n'])
  assert.match((await zoetrope('remove', 'anime.safetensors')).out, /removed, 575 kB free/)
  assert.deepEqual([existsSync(file), readRecords(join(home, 'models'))], [false, {}])
  const gated = await zoetrope('pull', 'owner/repo/gated.safetensors')
  assert.deepEqual([gated.code, gated.err.split('\n').at(-2)?.startsWith('owner/repo/gated.safetensors is given only to those')], [1, true])
  assert.equal((await zoetrope('pull', 'nothing')).code, 1)
  await hub.close()
})
