// The local pool with its real child: ONNX Runtime in a process of its own.

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { createLocalPool, type LocalPoolOptions } from '../../../src/render/local/local-pool.ts'
import type { RenderPool } from '../../../src/render/pool.ts'
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
    assert.match(notes[0]!.message, /knows ball, star.*models pull/)
  })

  test('leaves its parent free to hear other things while a step is computed', async () => {
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    await pool.render(smallRecipe({ frames: 16, steps: 2 }))
    clearInterval(timer)
    assert.ok(ticks > 20, `the clock ticked ${ticks} times`)
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

  test('is given no tokens: it reads strangers’ files', { skip: !existsSync('/proc/self/environ') }, async (t) => {
    process.env['DISCORD_TOKEN'] = 'a-secret'
    t.after(() => delete process.env['DISCORD_TOKEN'])
    const other = openPool()
    await other.pool.device()
    const environment = readFileSync(`/proc/${other.pids.at(-1)}/environ`, 'utf8')
    await other.pool.close()
    assert.match(environment, /MALLOC_MMAP_THRESHOLD_=1048576/)
    assert.doesNotMatch(environment, /a-secret/)
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
    await assert.rejects(done, { code: 'worker-died' })
    assert.equal((await pool.render(smallRecipe())).animation.frames, 2)
    await pool.close()
  })
})
