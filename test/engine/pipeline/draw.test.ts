import assert from 'node:assert/strict'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { elementsOf, type Tensor, tensorOf } from '../../../src/engine/checkpoint/tensor/tensor.ts'
import type { Frames } from '../../../src/engine/frames.ts'
import { createEngine, type EngineInput, type EngineOutput, type EngineProgress } from '../../../src/engine/pipeline/engine.ts'
import { createSession } from '../../../src/engine/runtime/session.ts'
import { createSessions } from '../../../src/engine/runtime/sessions.ts'
import { cpuSession, tiny } from '../cpu-session.ts'
import { rewritten } from '../rewritten.ts'

const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-draw-'))
const runs: string[] = []
const sessions = createSessions({
  budgetBytes: 1e9,
  // The real session, its runs written down.
  load: async (graph) => {
    const session = await createSession(graph)
    return {
      ...session,
      run: (feeds) => {
        runs.push(graph.name)
        return session.run(feeds)
      },
    }
  },
})
const engine = createEngine({ ...cpuSession, sessions })
after(async () => {
  await engine.close()
  rmSync(scratch, { recursive: true })
})

const checkpoint = join(tiny, 'checkpoint.safetensors')
const drawing: EngineInput = {
  model: { checkpoint, motion: join(tiny, 'motion_v3.safetensors'), loras: [] },
  prompt: 'a red ball',
  negative: '',
  frames: 2,
  width: 64,
  height: 72,
  steps: 3,
  seed: 7n,
  clipSkip: 1,
}

async function draw(
  changes: Partial<EngineInput> = {},
  signal?: AbortSignal,
): Promise<{ drawn: EngineOutput; progress: EngineProgress[] }> {
  const progress: EngineProgress[] = []
  const steps = engine.draw({ ...drawing, ...changes }, signal)
  for (let turn = await steps.next(); ; turn = await steps.next()) {
    if (turn.done) return { drawn: turn.value, progress }
    progress.push(turn.value)
  }
}

const framesOf = async (changes: Partial<EngineInput>): Promise<Frames> => (await draw(changes)).drawn.frames

test('a drawing goes through loading, its steps and decoding, and ends with its frames', async () => {
  const { drawn, progress } = await draw()
  assert.deepEqual(
    progress.map(({ stage, step, of }) => [stage, step, of]),
    [
      ['loading', 0, 0],
      ['denoising', 1, 3],
      ['denoising', 2, 3],
      ['denoising', 3, 3],
      ['decoding', 3, 3],
    ],
  )
  const { count, width, height, data } = drawn.frames
  assert.deepEqual({ count, width, height, bytes: data.length }, { count: 2, width: 64, height: 72, bytes: 2 * 64 * 72 * 3 })
  assert.equal(drawn.schedule.sampler.name, 'ddim')
  assert.ok(new Set(data).size > 20, 'the frames are pictures')
})

test('each step has a preview in the size of the latents', async () => {
  const { progress } = await draw()
  const preview = await progress[1]!.preview!()
  assert.deepEqual(
    { count: preview.count, width: preview.width, height: preview.height, bytes: preview.data.length },
    { count: 2, width: 8, height: 9, bytes: 2 * 8 * 9 * 3 },
  )
})

test('the same seed draws the same frames, another seed others, also above 2^53', async () => {
  const large = 2n ** 53n
  const [first, again, next] = [await framesOf({ seed: large }), await framesOf({ seed: large }), await framesOf({ seed: large + 1n })]
  assert.deepEqual(first, again)
  assert.notDeepEqual(first.data, next.data)
})

test('a prompt and its negative pull apart, and guidance of 1 asks the UNet once a step', async () => {
  const guided = await framesOf({ guidance: 7.5 })
  runs.length = 0
  const plain = await framesOf({ guidance: 1 })
  assert.equal(runs.filter((name) => name === 'unet-motion').length, 3)
  assert.notDeepEqual(guided.data, plain.data)
  assert.notDeepEqual((await framesOf({ negative: 'blurry' })).data, guided.data)
})

test('guidance ends where it is asked to, and the steps after that ask the UNet once', async () => {
  const asked = async (guidanceEnd: number) => {
    runs.length = 0
    const { data } = await framesOf({ guidance: 7.5, steps: 4, guidanceEnd })
    return { data, calls: runs.filter((name) => name === 'unet-motion').length }
  }
  const [none, half, all] = [await asked(0), await asked(0.5), await asked(1)]
  assert.deepEqual([none.calls, half.calls, all.calls], [4, 6, 8])
  assert.deepEqual(none.data, (await framesOf({ guidance: 1, steps: 4 })).data)
  assert.deepEqual(all.data, (await framesOf({ guidance: 7.5, steps: 4 })).data)
  assert.notDeepEqual(half.data, all.data)
  assert.notDeepEqual(half.data, none.data)
})

test('cancelling stops before the next step, with the reason that was given', async () => {
  const controller = new AbortController()
  const reason = new Error('changed my mind')
  const steps = engine.draw(drawing, controller.signal)
  runs.length = 0
  for (let turn = await steps.next(); !turn.done && turn.value.step < 2; ) turn = await steps.next()
  controller.abort(reason)
  await assert.rejects(steps.next(), reason)
  assert.equal(runs.filter((name) => name === 'unet-motion').length, 4, 'two steps, each with prompt and negative')
  assert.ok(!runs.includes('vae-decoder'))
})

test('a signal that was aborted before costs no run of the UNet', async () => {
  runs.length = 0
  await assert.rejects(draw({}, AbortSignal.abort()), { name: 'AbortError' })
  assert.ok(!runs.includes('unet-motion'))
})

test('a still needs no motion module, an animation does', async () => {
  const still = await framesOf({ frames: 1, model: { checkpoint, loras: [] } })
  assert.equal(still.count, 1)
  await assert.rejects(draw({ model: { checkpoint, loras: [] } }), {
    code: 'motion-missing',
    message: /Without a motion module only stills/,
  })
})

test('clip skip takes an earlier layer, and no more than there are', async () => {
  const [last, second] = [await framesOf({ clipSkip: 1 }), await framesOf({ clipSkip: 2 })]
  assert.notDeepEqual(last.data, second.data)
  await assert.rejects(draw({ clipSkip: 4 }), { code: 'clip-skip', message: /Clip skip runs from 1 to 3, .* not 4/ })
})

test('weights that are no numbers give one sentence, wherever they lie', async () => {
  const broken = (name: string, where: RegExp): string =>
    rewritten(checkpoint, join(scratch, name), (tensor: Tensor) =>
      where.test(tensor.name) ? tensorOf(tensor.name, tensor.shape, new Float32Array(elementsOf(tensor.shape)).fill(Number.NaN)) : tensor,
    )
  for (const [file, sentence] of [
    [broken('nan-unet.safetensors', /diffusion_model\.middle_block\.0\.in_layers\.2\.weight$/), /The UNet gave no number at timestep \d+/],
    [broken('nan-text.safetensors', /text_model\.encoder\.layers\.0\.mlp\.fc1\.weight$/), /gave no number/],
    [broken('nan-vae.safetensors', /decoder\.conv_in\.weight$/), /where a pixel should be: the checkpoint or the VAE holds broken weights/],
  ] as const) {
    await assert.rejects(draw({ model: { ...drawing.model, checkpoint: file } }), { code: 'not-a-number', message: sentence })
  }
})
