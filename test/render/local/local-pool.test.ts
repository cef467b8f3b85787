// The local pool with its real child: ONNX Runtime in a process of its own.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { createLocalPool, type LocalPoolOptions } from '../../../src/render/local/local-pool.ts'
import { PoolClosed, type RenderPool } from '../../../src/render/pool.ts'
import { temporaryFolder } from '../../store/folder.ts'
import { testRenderPool } from '../../suites/render-pool.ts'
import { smallRecipe } from '../small-recipe.ts'

/** Computed weights are kept for all of these. */
const cacheDir = temporaryFolder()

interface OpenPool {
  readonly pool: RenderPool
  /** Of its children, the last one last. */
  readonly pids: readonly number[]
  /** Sentences for the operator. */
  readonly troubles: readonly string[]
}

function openPool(options: Partial<LocalPoolOptions> = {}): OpenPool {
  const pids: number[] = []
  const troubles: string[] = []
  const pool = createLocalPool({
    device: 'cpu',
    cacheDir,
    onTrouble: (sentence) => troubles.push(sentence),
    onStart: (pid) => pids.push(pid),
    ...options,
  })
  return { pool, pids, troubles }
}

const misbehaving = join(import.meta.dirname, 'misbehaving-child-process.ts')

/** It may still stand in the table of processes until its parent has looked. */
function isGone(pid: number): boolean {
  if (!existsSync('/proc')) return !isAlive(pid)
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : undefined
  return stat === undefined || / Z /.test(stat)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** What children have put into the folder of temporary files, which is one of this test's own. */
const leftIn = (folder: string): string[] => readdirSync(folder).filter((name) => name.startsWith('zoetrope-'))

/** An ffmpeg that says what it is and then hangs, or has a child that does. @returns with the process id of the one that hangs, once it runs */
function hangingFfmpeg(
  t: TestContext,
  hangs: 'itself' | 'its child' = 'its child',
): { ffmpeg: string; folder: string; started: () => Promise<number> } {
  const root = mkdtempSync(join(tmpdir(), 'hanging-'))
  const [ffmpeg, pidFile, folder] = [join(root, 'ffmpeg'), join(root, 'pid'), join(root, 'tmp')]
  mkdirSync(folder)
  const how = hangs === 'itself' ? `echo $$ > ${pidFile}; exec sleep 1000` : `sleep 1000 & echo $! > ${pidFile}; wait`
  const script = `#!/bin/sh\n[ "$1" = -version ] && { echo "ffmpeg version 9 --enable-libx264"; exit 0; }\n${how}\n`
  writeFileSync(ffmpeg, script, { mode: 0o755 })
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = folder
  t.after(() => {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
    rmSync(root, { recursive: true, force: true })
  })
  const started = async (): Promise<number> => {
    while (!existsSync(pidFile) || readFileSync(pidFile, 'utf8') === '') await new Promise((resolve) => setTimeout(resolve, 50))
    return Number(readFileSync(pidFile, 'utf8'))
  }
  return { ffmpeg, folder, started }
}

testRenderPool(
  'the local pool',
  () => {
    const { pool, pids } = openPool()
    return { pool, kill: () => process.kill(pids.at(-1)!, 'SIGKILL'), dispose: () => undefined }
  },
  { resizes: false },
)

describe('the child process', () => {
  const { pool } = openPool()
  after(() => pool.close())

  test('says what it renders with a prompt of which it knows no word', async () => {
    const { notes } = await pool.render(smallRecipe({ prompt: 'a cathedral at dusk' }))
    assert.equal(notes.length, 1)
    assert.match(notes[0]!.message, /^The small model does not know cathedral and dusk\. It knows ball, star/)
  })

  test('leaves its parent free to hear other things while a step is computed', async () => {
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    await pool.render(smallRecipe({ frames: 16, steps: 2 }))
    clearInterval(timer)
    assert.ok(ticks > 20, `the clock ticked ${ticks} times`)
  })

  test('keeps the frames of what it draws where it is told how many, also for another child', async () => {
    const file = join(cacheDir, 'earlier.webp')
    const notesOfLonger = async (): Promise<readonly string[]> => {
      const keeping = openPool({ frameCacheBytes: 1e8 })
      const earlier = { blob: 'a.webp', frames: 2, as: 'beginning' } as const
      const { notes } = await keeping.pool.render({ ...smallRecipe({ frames: 3, steps: 1, earlier }), earlier: file })
      await keeping.pool.close()
      return notes.map(({ code }) => code)
    }
    writeFileSync(file, (await pool.render(smallRecipe({ steps: 1 }))).animation.bytes)
    assert.deepEqual(await notesOfLonger(), ['frames-not-kept'])
    const keeping = openPool({ frameCacheBytes: 1e8 })
    writeFileSync(file, (await keeping.pool.render(smallRecipe({ steps: 1 }))).animation.bytes)
    await keeping.pool.close()
    assert.deepEqual(await notesOfLonger(), [])
  })

  test('is killed where it does not stop in time after an abort, and replaced; the operator is told', async () => {
    const impatient = openPool({ abortGraceMs: 0 })
    const abort = new AbortController()
    const aborted = impatient.pool.render(smallRecipe({ frames: 16, steps: 50 }), {
      signal: abort.signal,
      onProgress: ({ step }) => step === 1 && abort.abort(new Error('no longer wanted')),
    })
    await assert.rejects(aborted, /no longer wanted/)
    assert.equal((await impatient.pool.render(smallRecipe())).animation.frames, 2)
    await impatient.pool.close()
    assert.equal(impatient.pids.length, 2)
    assert.deepEqual(impatient.troubles, ['The process that draws ended with SIGKILL'])
  })

  test('is given nothing but what it needs: it reads strangers’ files', { skip: !existsSync('/proc/self/environ') }, async (t) => {
    const names = [
      'DISCORD_TOKEN',
      'REDIS_URL',
      'DATABASE_URL',
      'AWS_ACCESS_KEY_ID',
      'SENTRY_DSN',
      'SMTP_PASS',
      'ADMIN_TOKEN',
      'CUDA_API_KEY',
    ]
    for (const name of names) process.env[name] = 'a-secret'
    t.after(() => {
      for (const name of names) delete process.env[name]
    })
    const other = openPool()
    await other.pool.device()
    const environment = readFileSync(`/proc/${other.pids.at(-1)}/environ`, 'utf8')
    await other.pool.close()
    assert.match(environment, /MALLOC_MMAP_THRESHOLD_=1048576/)
    assert.doesNotMatch(environment, /a-secret/)
  })

  test('that misbehaves neither ends its parent nor keeps it waiting, and is replaced where it cannot go on', async (t) => {
    const cacheDir = mkdtempSync(join(tmpdir(), 'zoetrope-pool-'))
    t.after(() => rmSync(cacheDir, { recursive: true }))
    const died: Record<string, string> = {}
    for (const device of [
      'prints a text on descriptor 3',
      'prints bytes on descriptor 3',
      'answers what was never asked',
      'says nothing where something is said',
      'says what is no answer',
      'says a number',
      'hangs up',
      'ends',
    ]) {
      const other = openPool({ program: misbehaving, device, cacheDir })
      assert.deepEqual(await other.pool.device(), { name: 'well', notes: [] }, device)
      await other.pool.close()
      assert.ok(other.pids.every(isGone), device)
      died[device] = `${other.pids.length} ${other.troubles}`
    }
    assert.deepEqual(died, {
      'prints a text on descriptor 3': '1 ',
      'prints bytes on descriptor 3': '1 ',
      'answers what was never asked': '1 ',
      'says nothing where something is said': '2 The process that draws ended with an answer that is none',
      'says what is no answer': '2 The process that draws ended with an answer that is none',
      'says a number': '2 The process that draws ended with an answer that is none',
      'hangs up': '2 The process that draws ended with SIGKILL',
      ends: '2 The process that draws ended with code 3',
    })
  })

  test('takes what it has started with it when it is stopped, and leaves no temporary file', {
    skip: process.platform === 'win32',
  }, async (t) => {
    const { ffmpeg, folder, started } = hangingFfmpeg(t)
    const other = openPool({ ffmpeg })
    const render = other.pool.render(smallRecipe({ format: 'mp4' }))
    render.catch(() => undefined)
    const pid = await started()
    assert.ok(!isGone(pid))
    assert.notDeepEqual(leftIn(folder), [])
    await other.pool.close()
    await assert.rejects(render, PoolClosed)
    assert.ok(isGone(pid) && other.pids.every(isGone))
    assert.deepEqual(leftIn(folder), [])
  })

  test('takes what it has started with it when its parent is killed', { skip: process.platform === 'win32' }, async (t) => {
    const { ffmpeg, folder, started } = hangingFfmpeg(t)
    const script = `
      const { createLocalPool } = await import(${JSON.stringify(import.meta.resolve('../../../src/render/local/local-pool.ts'))})
      const { smallRecipe } = await import(${JSON.stringify(import.meta.resolve('../small-recipe.ts'))})
      const pool = createLocalPool({ device: 'cpu', cacheDir: ${JSON.stringify(cacheDir)}, ffmpeg: ${JSON.stringify(ffmpeg)} })
      await pool.render(smallRecipe({ format: 'mp4' }))`
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' })
    const pid = await started()
    parent.kill('SIGKILL')
    for (let n = 0; n < 100 && !(isGone(pid) && leftIn(folder).length === 0); n++) await new Promise((resolve) => setTimeout(resolve, 100))
    assert.ok(isGone(pid))
    assert.deepEqual(leftIn(folder), [])
  })

  test('stops an ffmpeg whose animation nobody wants any more, and goes on with the next', {
    skip: process.platform === 'win32',
  }, async (t) => {
    const { ffmpeg, started } = hangingFfmpeg(t, 'itself')
    const other = openPool({ ffmpeg })
    t.after(() => other.pool.close())
    const abort = new AbortController()
    const render = other.pool.render(smallRecipe({ format: 'mp4' }), { signal: abort.signal })
    const pid = await started()
    abort.abort(new Error('no longer wanted'))
    await assert.rejects(render, /no longer wanted/)
    assert.equal((await other.pool.render(smallRecipe())).animation.frames, 2)
    assert.ok(isGone(pid))
    assert.equal(other.pids.length, 1, 'and the process that draws is the same')
  })

  test('tells the operator, not the person who asked, of weights that cannot be kept', async (t) => {
    const full = mkdtempSync(join(tmpdir(), 'zoetrope-pool-'))
    t.after(() => rmSync(full, { recursive: true }))
    writeFileSync(join(full, 'weights'), 'a file where the folder should be')
    const other = openPool({ cacheDir: full })
    t.after(() => other.pool.close())
    const { notes } = await other.pool.render(smallRecipe())
    assert.deepEqual(notes, [])
    assert.equal(other.troubles.length, 1)
    assert.match(other.troubles[0]!, /^Computed weights are not kept in .*weights, .*cannot be written \(EEXIST\)/)
  })
})

describe('a child that has hung', () => {
  const patience = { factor: 5, leastMs: 6000, unmeasuredMs: 60_000 }

  /** Freezes the child at a step, once or each time. */
  async function frozenAt(times: number) {
    const { pool, pids, troubles } = openPool({ watchdog: patience })
    // Measured: a step, loading, decoding and encoding.
    await pool.render(smallRecipe())
    let frozen = 0
    const done = pool.render(smallRecipe(), {
      onProgress({ step }) {
        if (step !== 2 || frozen >= times) return
        frozen++
        process.kill(pids.at(-1)!, 'SIGSTOP')
      },
    })
    return { done, pool, pids, troubles }
  }

  test('is killed after a multiple of what a step took, and its render begun once more; the operator is told', async () => {
    const { done, pool, pids, troubles } = await frozenAt(1)
    assert.equal((await done).animation.frames, 2)
    assert.equal(pids.length, 2)
    assert.equal(troubles.length, 1)
    assert.match(troubles[0]!, /^The process that draws ended with no answer for \d+ s$/)
    await pool.close()
  })

  test('twice is given up with a sentence, and the next render is made', async () => {
    const { done, pool } = await frozenAt(2)
    await assert.rejects(done, { code: 'worker-silent' })
    assert.equal((await pool.render(smallRecipe())).animation.frames, 2)
    await pool.close()
  })
})
