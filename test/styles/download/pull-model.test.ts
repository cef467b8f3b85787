import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { UserError } from '../../../src/errors.ts'
import { wantedModel } from '../../../src/styles/download/published-models.ts'
import { type PulledModel, type PullOptions, pullModel } from '../../../src/styles/download/pull-model.ts'
import { type HubFile, startHub } from './hub-server.ts'

const root = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-pull-'))
after(() => rmSync(root, { recursive: true }))
let folders = 0
const newFolder = (): string => join(root, String(++folders))

const bytes = randomBytes(300_000)
const sha256 = createHash('sha256').update(bytes).digest('hex')
const model = wantedModel('owner/repo/a.safetensors', [])

interface PullFrom {
  /** What the hub has as owner/repo/a.safetensors. */
  readonly file: HubFile
  readonly options?: Partial<PullOptions>
  readonly folder?: string
  readonly wanted?: typeof model
}

/** From a hub that has one file. */
async function pullFrom({ file, options = {}, folder = newFolder(), wanted = model }: PullFrom) {
  let read = 0
  const onProgress = (done: number, of: number): void => {
    read = done
    options.onProgress?.(done, of)
  }
  const hub = await startHub({ 'owner/repo/a.safetensors': { ...file, hasRead: (count) => count === 0 || read >= count } })
  const pauses: number[] = []
  const pause = async (tries: number): Promise<void> => void pauses.push(tries)
  const outcome = await pullModel(wanted, folder, { endpoint: hub.endpoint, pause, ...options, onProgress }).catch((error: unknown) => {
    if (error instanceof UserError) return error
    throw error
  })
  await hub.close()
  return { outcome, calls: hub.calls, pauses, folder, left: existsSync(folder) ? readdirSync(folder) : [] }
}

async function pulled(from: PullFrom) {
  const { outcome, ...rest } = await pullFrom(from)
  assert.ok(!(outcome instanceof UserError), String(outcome))
  return { ...rest, pulled: outcome as PulledModel }
}

async function refused(from: PullFrom) {
  const { outcome, ...rest } = await pullFrom(from)
  assert.ok(outcome instanceof UserError, 'it was not refused')
  return { ...rest, code: outcome.code, message: outcome.message }
}

describe('pulling a model', () => {
  test('follows the hub to its CDN, checks the digest, and puts it in place whole', async () => {
    const progress: number[] = []
    const options: Partial<PullOptions> = { token: 'hf_secret', onProgress: (done) => progress.push(done) }
    const { pulled: result, calls, folder, left } = await pulled({ file: { bytes }, options })
    assert.deepEqual(result, { path: join(folder, 'a.safetensors'), bytes: bytes.length, sha256, commit: 'c0ffee' })
    assert.deepEqual(readFileSync(join(folder, 'a.safetensors')), bytes)
    assert.deepEqual(left, ['a.safetensors'])
    assert.equal(progress.at(-1), bytes.length)
    assert.deepEqual(calls, [
      { on: 'hub', method: 'HEAD', authorization: 'Bearer hf_secret' },
      { on: 'hub', method: 'GET', authorization: 'Bearer hf_secret' },
      { on: 'cdn', method: 'GET' },
    ])
  })

  test('gives up where every answer ends too early, however well', async () => {
    const { code, message, pauses, left } = await refused({ file: { bytes, page: '<h1>Sign in</h1>' } })
    assert.equal(code, 'hub-unreachable')
    assert.match(message, /the answer ended after 16 of 300000 bytes/)
    assert.deepEqual(pauses, [1, 2, 3, 4])
    assert.ok(left.every((name) => name.endsWith('.part')))
  })

  test('goes on where the line was cut, again and again as long as something comes', async () => {
    const cuts = [100_000, 50_000, 50_000, 10_000, 10_000, 10_000, 10_000]
    const { pulled: result, calls, pauses } = await pulled({ file: { bytes, cuts } })
    assert.equal(result.sha256, sha256)
    const begins = calls.filter(({ on }) => on === 'cdn').map(({ range }) => Number(range?.slice(6, -1) ?? 0))
    assert.equal(begins.length, 8)
    assert.deepEqual(
      begins,
      begins.toSorted((a, b) => a - b),
    )
    assert.ok(pauses.every((tries) => tries === 1))
  })

  test('is given up after five tries in vain, keeps what came, and goes on the next time', async () => {
    const folder = newFolder()
    const first = await refused({ file: { bytes, cuts: [100_000, 0, 0, 0, 0, 0, 0] }, folder })
    assert.equal(first.code, 'hub-unreachable')
    assert.match(first.left[0]!, /^a\.safetensors\.[0-9a-f]{12}\.part$/)
    assert.deepEqual(first.pauses, [1, 2, 3, 4])
    const { pulled: result, calls, left } = await pulled({ file: { bytes }, folder })
    assert.equal(result.sha256, sha256)
    assert.equal(calls.at(-1)!.range, 'bytes=100000-')
    assert.deepEqual(left, ['a.safetensors'])
  })

  test('begins anew where the other side knows no ranges', async () => {
    const { pulled: result, calls } = await pulled({ file: { bytes, cuts: [100_000], noRanges: true } })
    assert.equal(result.sha256, sha256)
    assert.equal(calls.at(-1)!.range, 'bytes=100000-')
  })

  test('throws away what arrives damaged', async () => {
    const { code, left } = await refused({ file: { bytes, sha256: 'ab'.repeat(32) } })
    assert.equal(code, 'model-hash')
    assert.deepEqual(left, [])
  })

  test('does not go on with the beginning of another version of the file', async () => {
    const folder = newFolder()
    await refused({ file: { bytes: randomBytes(300_000), cuts: [100_000, 0, 0, 0, 0, 0, 0] }, folder })
    const { pulled: result, calls, left } = await pulled({ file: { bytes }, folder })
    assert.equal(result.sha256, sha256)
    assert.equal(calls.at(-1)!.range, undefined)
    assert.deepEqual(left, ['a.safetensors'])
  })

  test('says what a gated model needs, and what is not there', async () => {
    const gated = await refused({ file: { bytes, gated: true } })
    assert.equal(gated.code, 'model-gated')
    assert.match(gated.message, /accepted its terms.*\/owner\/repo and set HF_TOKEN/)
    const { pulled: signedIn } = await pulled({ file: { bytes, gated: true }, options: { token: 'hf_right' } })
    assert.equal(signedIn.sha256, sha256)
    const missing = await refused({ file: { bytes }, wanted: wantedModel('owner/repo/b.safetensors', []) })
    assert.equal(missing.code, 'download-missing')
    const nobody = await refused({ file: { bytes }, options: { endpoint: 'http://127.0.0.1:9' } })
    assert.equal(nobody.code, 'hub-unreachable')
  })

  test('follows a repository that was renamed, and takes small files from the hub itself', async () => {
    const { pulled: renamed } = await pulled({ file: { bytes }, wanted: wantedModel('old/name/a.safetensors', []) })
    assert.equal(renamed.sha256, sha256)
    const { pulled: small } = await pulled({ file: { bytes: bytes.subarray(0, 100), small: true } })
    assert.equal(small.bytes, 100)
  })

  test('refuses what is not the file that was published, before it is fetched', async () => {
    const other = await refused({ file: { bytes }, wanted: { ...model, sha256: 'cd'.repeat(32) } })
    assert.equal(other.code, 'model-changed')
    assert.deepEqual(
      other.calls.map(({ method }) => method),
      ['HEAD'],
    )
    assert.equal((await refused({ file: { bytes }, wanted: { ...model, bytes: 5 } })).code, 'model-changed')
  })
})
