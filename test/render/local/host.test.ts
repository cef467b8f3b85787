// The worker with its real child: ONNX Runtime in a process of its own.

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { UserError } from '../../../src/errors.ts'
import { readSettings } from '../../../src/media/inspect.ts'
import { createWorker, WorkerClosed } from '../../../src/render/local/host.ts'
import type { DrawProgress } from '../../../src/render/local/worker.ts'
import { recipeOf } from './recipe.ts'

const cacheDir = mkdtempSync(join(tmpdir(), 'zoetrope-worker-'))
const troubles: string[] = []
const pids: number[] = []
const worker = createWorker({
  device: 'cpu',
  cacheDir,
  onTrouble: (sentence) => troubles.push(sentence),
  onStart: (pid) => pids.push(pid),
})
after(async () => {
  await worker.close()
  rmSync(cacheDir, { recursive: true })
})

test('a recipe becomes an animation, with progress and previews on the way', async () => {
  const seen: DrawProgress[] = []
  const { animation, stepMs, notes } = await worker.draw(recipeOf(), { onProgress: (progress) => seen.push(progress), previewEveryMs: 0 })
  assert.deepEqual(
    seen.map(({ stage, step, of }) => `${stage} ${step}/${of}`),
    ['loading 0/0', 'denoising 1/3', 'denoising 2/3', 'denoising 3/3', 'decoding 3/3', 'encoding 3/3'],
  )
  assert.equal(stepMs.length, 3)
  assert.deepEqual(notes, [])
  const preview = seen.find(({ preview }) => preview)?.preview
  assert.equal(readSettings(preview!).frames, 2)
  assert.deepEqual(
    [animation.format, animation.width, animation.height, animation.frames],
    ['webp', 256, 256, 2],
    'stamps are enlarged four times',
  )
  assert.deepEqual(readSettings(animation.bytes).settings, recipeOf().request)
})

test('the same seed gives the same bytes', async () => {
  const [one, same, other] = [await worker.draw(recipeOf()), await worker.draw(recipeOf()), await worker.draw(recipeOf({ seed: '8' }))]
  assert.deepEqual(one.animation.bytes, same.animation.bytes)
  assert.notDeepEqual(one.animation.bytes, other.animation.bytes)
})

test('a prompt with none of the known words is drawn, with a sentence that says what is known', async () => {
  const { notes } = await worker.draw(recipeOf({ prompt: 'a cathedral at dusk' }))
  assert.equal(notes.length, 1)
  assert.match(notes[0]!.message, /knows ball, star.*models pull/)
})

test('what is refused comes back as the sentence it was', async () => {
  await assert.rejects(worker.draw(recipeOf({ frames: 33 })), (error) => error instanceof UserError && error.code === 'frames')
  await assert.rejects(worker.draw({ ...recipeOf(), model: { checkpoint: '/nowhere', loras: [] } }), UserError)
})

test('whoever aborts is answered at once, and the next drawing is drawn', async () => {
  const abort = new AbortController()
  const reason = new Error('no longer wanted')
  const drawing = worker.draw(recipeOf({ frames: 16, steps: 50 }), {
    signal: abort.signal,
    onProgress: ({ step }) => step === 2 && abort.abort(reason),
  })
  await assert.rejects(drawing, (error) => error === reason)
  assert.equal((await worker.draw(recipeOf())).animation.frames, 2)
})

test('the parent hears other things while a step is computed', async () => {
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  await worker.draw(recipeOf({ frames: 16, steps: 4 }))
  clearInterval(timer)
  assert.ok(turns > 20, `the clock ticked ${turns} times`)
})

test('a child that dies in the middle is replaced, and the drawing begun again', async () => {
  let killed = false
  const { animation } = await worker.draw(recipeOf({ steps: 5 }), {
    onProgress: ({ step }) => {
      if (step !== 2 || killed) return
      killed = true
      process.kill(pids.at(-1)!, 'SIGKILL')
    },
  })
  assert.ok(killed)
  assert.equal(animation.frames, 2)
  assert.match(troubles.at(-1)!, /SIGKILL/)
})

test('a drawing that kills two children is given up with a sentence', async () => {
  const dying = createWorker({ device: 'cpu', cacheDir, program: join(import.meta.dirname, 'dying-process.ts') })
  await assert.rejects(dying.draw(recipeOf()), (error) => error instanceof UserError && error.code === 'worker-died')
  await dying.close()
})

test('closing ends the process, also in the middle of a step', async () => {
  const other = createWorker({ device: 'cpu', cacheDir })
  let closing: Promise<void> | undefined
  const drawing = other.draw(recipeOf({ frames: 16, steps: 50 }), {
    onProgress: ({ step }) => {
      if (step === 1) closing = other.close()
    },
  })
  await assert.rejects(drawing, WorkerClosed)
  assert.ok(closing)
  await closing
})

test('tokens do not reach the process that reads strangers’ files', { skip: !existsSync('/proc/self/environ') }, async () => {
  process.env['DISCORD_TOKEN'] = 'a-secret'
  after(() => delete process.env['DISCORD_TOKEN'])
  const other = createWorker({ device: 'cpu', cacheDir, onStart: (pid) => pids.push(pid) })
  await other.device()
  const environment = readFileSync(`/proc/${pids.at(-1)}/environ`, 'utf8')
  await other.close()
  assert.match(environment, /MALLOC_MMAP_THRESHOLD_=1048576/)
  assert.doesNotMatch(environment, /a-secret/)
})

test('weights that cannot be kept are the matter of the operator, not of the person who asked', async () => {
  const full = mkdtempSync(join(tmpdir(), 'zoetrope-worker-'))
  writeFileSync(join(full, 'weights'), 'a file where the folder should be')
  const told: string[] = []
  const other = createWorker({ device: 'cpu', cacheDir: full, onTrouble: (sentence) => told.push(sentence) })
  try {
    const { notes } = await other.draw(recipeOf())
    assert.deepEqual(notes, [])
    assert.equal(told.length, 1)
    assert.match(told[0]!, /^Computed weights are not kept in .*weights, .*cannot be written \(EEXIST\)/)
  } finally {
    await other.close()
    rmSync(full, { recursive: true })
  }
})
