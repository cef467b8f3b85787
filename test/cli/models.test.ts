import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readRecords } from '../../src/styles/download/installed-models.ts'
import { startHub } from '../styles/download/hub-server.ts'

const models = join(import.meta.dirname, '../../models')

test('zoetrope models pulls, lists, verifies and removes', async (t) => {
  const anime = readFileSync(join(models, 'pocket/loras/anime.safetensors'))
  const hub = await startHub({
    'owner/repo/anime.safetensors': { bytes: anime, cuts: [100_000] },
    'another/repo/anime.safetensors': { bytes: Buffer.alloc(100) },
    'owner/repo/gated.safetensors': { bytes: Buffer.alloc(100), gated: true },
  })
  const home = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-models-'))
  t.after(async () => {
    await hub.close()
    rmSync(home, { recursive: true })
  })
  async function zoetrope(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
    const env = { ...process.env, ZOETROPE_HOME: home, HF_ENDPOINT: `${hub.endpoint}/`, NODE_NO_WARNINGS: '1' }
    const child = spawn(process.execPath, [join(import.meta.dirname, '../../src/zoetrope.js'), 'models', ...args], { env })
    let [out, err] = ['', '']
    child.stdout.on('data', (text) => (out += text))
    child.stderr.on('data', (text) => (err += text))
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })))
  }
  const file = join(home, 'models/anime.safetensors')
  const size = `${Math.round(anime.length / 1e3)} kB`
  const pulled = await zoetrope('pull', 'owner/repo/anime.safetensors')
  assert.equal(pulled.code, 0, pulled.err)
  assert.equal(pulled.out, `${file}  ${size}, sha256 ${createHash('sha256').update(anime).digest('hex')}\n`)
  assert.equal(readRecords(join(home, 'models'))['anime.safetensors']!.commit, 'c0ffee')
  assert.match((await zoetrope('list')).out, new RegExp(`anime\\.safetensors +${size} +LoRA`))
  const { installed } = JSON.parse((await zoetrope('list', '--json')).out) as { installed: unknown[] }
  assert.equal((installed[0] as { path: string }).path, file)
  assert.match((await zoetrope('verify')).out, /anime\.safetensors {2}as it was pulled/)
  const other = await zoetrope('pull', 'another/repo/anime.safetensors')
  assert.equal(other.code, 3)
  assert.match(other.err, /anime\.safetensors is there already and was pulled from owner\/repo\/anime\.safetensors: give it another name/)
  assert.equal((await zoetrope('pull', 'owner/repo/anime.safetensors')).code, 0, 'itself may be pulled again')
  const damaged = readFileSync(file)
  damaged[damaged.length - 1]! ^= 1
  writeFileSync(file, damaged)
  const verified = await zoetrope('verify')
  assert.equal(verified.code, 1)
  assert.equal(verified.err, 'Not what was pulled: anime.safetensors. Remove and pull again.\n')
  assert.match((await zoetrope('remove', 'anime.safetensors')).out, new RegExp(`removed, ${size} free`))
  assert.ok(!existsSync(file))
  assert.deepEqual(readRecords(join(home, 'models')), {})
  const gated = await zoetrope('pull', 'owner/repo/gated.safetensors')
  assert.equal(gated.code, 1)
  assert.match(gated.err, /^owner\/repo\/gated\.safetensors is given only to those/m)
  assert.equal((await zoetrope('pull', 'nothing')).code, 3)
})
