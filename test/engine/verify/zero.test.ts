// Text2Video-Zero against its published programs, and what of it people meet.

import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { writeSafetensors } from '../../../src/engine/checkpoint/safetensors/write-safetensors.ts'
import { defaultClip } from '../../../src/engine/draw-settings.ts'
import { frameAt } from '../../../src/engine/frames.ts'
import { createEngine, type EngineInput } from '../../../src/engine/pipeline/engine.ts'
import { crossFrameWindows, zeroBounds } from '../../../src/engine/pipeline/zero/text-to-video-zero.ts'
import { createSession } from '../../../src/engine/runtime/session.ts'
import { createSessions } from '../../../src/engine/runtime/sessions.ts'
import { cpu } from '../../../src/engine/targets/cpu.ts'
import { openReferenceTensors } from '../../../src/engine/verify/reference-tensors.ts'
import { verify } from '../../../src/engine/verify/verify.ts'
import { cpuSession, fixtures, tiny } from '../cpu-session.ts'

test('fields, jump, smoothing, cross-frame attention and a whole run are those of the published programs', async () => {
  const rows = await Array.fromAsync(verify(join(fixtures, 'zero'), cpuSession))
  assert.deepEqual(
    rows.filter(({ ok }) => !ok),
    [],
  )
  const names = rows.map(({ tensor }) => tensor)
  for (const name of ['chunk.grid', 'chunk.x_t1_all', 'default.warped', 'smooth.x_t1_all', 'eps_cross', 'chunk.final'])
    assert.ok(names.includes(name), name)
})

test('a wrong answer shows', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'zoetrope-zero-'))
  after(() => rmSync(dir, { recursive: true }))
  const base = join(dir, 'zero')
  const answers = openReferenceTensors([join(fixtures, 'zero/expected.safetensors')])
  symlinkSync(resolve(tiny), join(dir, 'tiny'))
  const changed = answers.names.map((name) => {
    const values = answers.values(name).slice()
    if (name === 'chunk.grid') values[7]! += 0.01
    return { name, dtype: 'F32' as const, shape: answers.shape(name), bytes: new Uint8Array(values.buffer) }
  })
  mkdirSync(base)
  writeSafetensors(join(base, 'expected.safetensors'), changed)
  copyFileSync(join(fixtures, 'zero/zero.json'), join(base, 'zero.json'))
  const wrong: string[] = []
  for await (const { tensor, ok } of verify(base, cpuSession)) {
    if (!ok) wrong.push(tensor)
    if (tensor === 'chunk.grid') break
  }
  assert.deepEqual(wrong, ['chunk.grid'])
})

test('windows all begin with the first frame, and every frame counts once', () => {
  for (const [frames, atOnce] of [
    [2, 16],
    [16, 16],
    [17, 16],
    [40, 16],
    [5, 2],
  ] as const) {
    const windows = crossFrameWindows(frames, atOnce)
    const counted = Array<number>(frames).fill(0)
    for (const { frames: shown, weights } of windows) {
      assert.equal(shown[0], 0)
      assert.equal(shown.length, Math.min(frames, atOnce))
      assert.equal(new Set(shown).size, shown.length)
      for (const [i, frame] of shown.entries()) counted[frame]! += weights[i]!
    }
    assert.deepEqual(counted, Array(frames).fill(1))
  }
})

test('the first frame goes as far as the authors let it, whatever the number of steps', () => {
  assert.deepEqual(zeroBounds(50), { t0: 44, t1: 47 })
  assert.deepEqual(zeroBounds(3), { t0: 1, t1: 2 })
  assert.throws(() => zeroBounds(1), { code: 'zero-steps' })
})

const engine = createEngine({
  sessions: createSessions({ budgetBytes: 1e9, load: (graph) => createSession(graph) }),
  target: cpu(),
  vaeTarget: cpu(),
})
after(() => engine.close())

const drawing: EngineInput = {
  model: { checkpoint: join(tiny, 'checkpoint.safetensors'), loras: [] },
  ...{ prompt: 'a red ball', negative: '', width: 64, height: 64, frames: 3, steps: 20, seed: 1n, method: 'zero' },
}

async function drawn(change: Partial<EngineInput>) {
  const run = engine.draw({ ...drawing, ...change })
  let turn = await run.next()
  const steps: string[] = []
  for (; !turn.done; turn = await run.next()) steps.push(`${turn.value.stage} ${turn.value.step}/${turn.value.of}`)
  return { steps, ...turn.value }
}

test('guidance that travels over the clip is that of each frame, and of the first alone while that is drawn alone', async () => {
  const travels = { clip: { ...defaultClip, guidanceTravel: '0: 2 | 2: 12' } }
  const [travelled, two, twelve] = await Promise.all([travels, { guidance: 2 }, { guidance: 12 }].map((it) => drawn(it)))
  const frame = (of: typeof travelled, k: number): Uint8Array => frameAt(of!.frames, k)
  assert.notDeepEqual(frame(travelled, 0), frame(twelve, 0))
  assert.notDeepEqual(frame(travelled, 2), frame(two, 2))
})

test('a checkpoint without a motion module draws a clip, whose frames differ, with every step told once', async () => {
  const { frames, steps } = await drawn({})
  assert.equal(frames.count, 3)
  const size = frames.data.length / 3
  const first = frames.data.subarray(0, size)
  assert.notDeepEqual(first, frames.data.subarray(size, 2 * size))
  const denoised = steps.filter((step) => step.startsWith('denoising'))
  assert.deepEqual(
    denoised,
    Array.from({ length: 20 }, (_, i) => `denoising ${i + 1}/20`),
  )
  assert.equal((await drawn({ steps: 4 })).frames.count, 3, 'from the very noise')
  const still = await drawn({ frames: 1 })
  assert.deepEqual(still.frames.data, (await drawn({ frames: 1, method: 'animatediff' })).frames.data, 'a still is a still')
  await assert.rejects(drawn({ method: 'animatediff' }), { code: 'motion-missing' })
})

test('what Text2Video-Zero cannot draw is said', async () => {
  await assert.rejects(drawn({ sampler: 'euler' }), { code: 'zero-sampler', message: /with ddim alone, not with euler/ })
  await assert.rejects(drawn({ clip: { loop: 'closed' } }), { code: 'zero-clip', message: /no use for loop/ })
  await assert.rejects(drawn({ steps: 1 }), { code: 'zero-steps' })
})
