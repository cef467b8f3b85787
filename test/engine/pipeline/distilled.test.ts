// Checkpoints and LoRAs that were distilled for few steps, as they are opened and drawn.

import assert from 'node:assert/strict'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openTensorFile } from '../../../src/engine/checkpoint/open.ts'
import { writeSafetensors } from '../../../src/engine/checkpoint/safetensors/write-safetensors.ts'
import { bytesOf, float32Of, tensorOf } from '../../../src/engine/checkpoint/tensor/tensor.ts'
import { guidanceEmbedding } from '../../../src/engine/nets/guidance-embedding.ts'
import type { EngineInput } from '../../../src/engine/pipeline/engine.ts'
import { openModel } from '../../../src/engine/pipeline/model/model.ts'
import { modelDefaults } from '../../../src/engine/pipeline/model-defaults.ts'
import { alphasCumprod, zeroTerminalSnr } from '../../../src/engine/samplers/betas.ts'
import { values } from '../checkpoint/tensor/tensors-in-memory.ts'
import { fixtures, tiny } from '../cpu-session.ts'
import { apart, countingEngine } from './counting-engine.ts'

const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-distilled-'))
const engine = countingEngine(scratch)
after(async () => {
  await engine.close()
  rmSync(scratch, { recursive: true })
})
const reports = join(fixtures, 'reports/engine')
const whole = join(reports, 'folders/lcm_checkpoint')
const codes = (notes: readonly { readonly code: string }[]): string[] => notes.map(({ code }) => code)
const still: Omit<EngineInput, 'model'> = { prompt: 'a cat', negative: '', frames: 1, width: 16, height: 16, seed: 7n }

test('a checkpoint that takes its guidance is drawn in a few LCM steps, each of one pass', async () => {
  const { sampler, steps, guidance } = modelDefaults({ checkpoint: whole })
  assert.deepEqual([sampler, steps, guidance], ['lcm', 4, 1.5])
  const checkpoint = join(scratch, 'told.safetensors')
  const condProj = { ...values([32, 256], 3), name: 'model.diffusion_model.time_embed.cond_proj.weight' }
  writeSafetensors(
    checkpoint,
    [...openTensorFile(join(tiny, 'checkpoint.safetensors')).tensors.values(), condProj].map((it) => ({ ...it, bytes: () => bytesOf(it) })),
  )
  const model = { checkpoint, loras: [] }
  engine.runs.length = 0
  const habit = await engine.drawn({ ...still, width: 64, height: 64, model })
  assert.equal(engine.runs.filter((name) => name === 'unet').length, 4)
  assert.deepEqual(habit.notes, [])
  const strong = await engine.drawn({ ...still, width: 64, height: 64, model, guidance: 8, negative: 'grey' })
  assert.ok(apart(habit.frames, strong.frames) > 0.1, 'guidance is heard')
  assert.deepEqual(codes(strong.notes), ['guidance-taken'])
})

test('the embedding of a guidance is sines and cosines of a thousand times what it is above 1, projected', () => {
  const condProj = openModel({ checkpoint: whole }).condProj!
  const [C, D] = condProj.shape as [number, number]
  assert.deepEqual([C, D], [8, 256])
  assert.deepEqual(guidanceEmbedding(1, tensorOf('', [1, 4], Float32Array.of(1, 2, 4, 8))), Float32Array.of(12), 'sin 0 and cos 0')
  const [made] = guidanceEmbedding(1.001, tensorOf('', [1, 4], Float32Array.of(1, 0, 0, 0)))
  assert.ok(Math.abs(made! - Math.sin(1)) < 1e-6)
  const first = float32Of(condProj).subarray(0, D)
  const cosines = first.subarray(D / 2).reduce((sum, value) => sum + value, 0)
  assert.ok(Math.abs(guidanceEmbedding(1, condProj)[0]! - cosines) < 1e-5)
})

test('a checkpoint that is named for LCM is drawn so, and it is said that only its name says it', async () => {
  const named = join(scratch, 'photonLCM_v10.ckpt')
  copyFileSync(join(reports, 'ckpt/plain.ckpt'), named)
  const { notes, schedule } = await engine.drawn({ ...still, model: { checkpoint: named, loras: [] } })
  assert.deepEqual([schedule.sampler.name, schedule.sampler.steps, schedule.guidance], ['lcm', 4, 1.5])
  assert.deepEqual(codes(notes), ['distilled-by-name'])
  const { sampler, steps } = modelDefaults({ checkpoint: join(reports, 'ckpt/plain.ckpt') })
  assert.deepEqual([sampler, steps], ['ddim', 25])
})

test('a LoRA whose name many have is called by its folder', () => {
  const folder = join(scratch, 'lcm-lora-sdv1-5')
  mkdirSync(folder)
  const file = join(folder, 'pytorch_lora_weights.safetensors')
  copyFileSync(join(tiny, 'lora_peft.safetensors'), file)
  const { sampler, guidance } = modelDefaults({ checkpoint: join(tiny, 'checkpoint.safetensors'), loras: [{ file, strength: 1 }] })
  assert.deepEqual([sampler, guidance], ['lcm', 1.5])
})

test('what a checkpoint predicts stands in its folder’s scheduler, in the .yaml beside it, or in its name alone', async () => {
  const said = (checkpoint: string) => {
    const { predictsVelocity, zeroTerminalSnr, notes } = openModel({ checkpoint }).trained
    return [predictsVelocity, zeroTerminalSnr, ...codes(notes)]
  }
  assert.deepEqual(said(join(reports, 'folders/v_prediction')), [true, true])
  const some = join(scratch, 'some')
  cpSync(join(reports, 'folders/v_prediction'), some, { recursive: true })
  const scheduler = { prediction_type: 'v_prediction', beta_schedule: 'scaled_linear', rescale_betas_zero_snr: false }
  writeFileSync(join(some, 'scheduler/scheduler_config.json'), JSON.stringify(scheduler))
  assert.deepEqual(said(some), [true, undefined])
  const beside = join(scratch, 'beside.ckpt')
  copyFileSync(join(reports, 'ckpt/plain.ckpt'), beside)
  assert.deepEqual(said(beside), [undefined, undefined])
  writeFileSync(join(scratch, 'beside.yaml'), 'model:\n  params:\n    parameterization: "v"\n    linear_start: 0.00085\n')
  assert.deepEqual(said(beside), [true, undefined])
  const named = join(scratch, 'look-vpred-ztsnr.ckpt')
  copyFileSync(join(reports, 'ckpt/plain.ckpt'), named)
  assert.deepEqual(said(named), [true, true, 'velocity-by-name'])
})

test('the noise schedule that training left in a file is followed, where it is a known one', () => {
  const scaled = alphasCumprod('scaled_linear', 0.00085, 0.012)
  const said = (alphas: Float64Array) => {
    const checkpoint = join(scratch, 'schedule.safetensors')
    const stored = tensorOf('alphas_cumprod', [1000], Float32Array.from(alphas))
    writeSafetensors(
      checkpoint,
      [...openTensorFile(join(tiny, 'checkpoint.safetensors')).tensors.values(), stored].map((it) => ({ ...it, bytes: () => bytesOf(it) })),
    )
    const { checkpointBetas, zeroTerminalSnr: zero, notes } = openModel({ checkpoint }).trained
    return [checkpointBetas, zero, ...codes(notes)]
  }
  assert.deepEqual(said(scaled), [undefined, undefined])
  assert.deepEqual(said(Float64Array.from(scaled, Math.f16round)), [undefined, undefined])
  assert.deepEqual(said(zeroTerminalSnr(scaled)), [undefined, true])
  assert.deepEqual(said(alphasCumprod('linear', 0.00085, 0.012)), ['linear', undefined])
  assert.deepEqual(said(alphasCumprod('linear', 0.0001, 0.02)), [undefined, undefined, 'schedule-unknown'])
})

test('a motion module under a checkpoint that predicts velocity moves it, with a word on it', async () => {
  const checkpoint = join(scratch, 'moved.safetensors')
  copyFileSync(join(tiny, 'checkpoint.safetensors'), checkpoint)
  writeFileSync(join(scratch, 'moved.yaml'), 'parameterization: v\n')
  const model = { checkpoint, motion: join(tiny, 'motion_v3.safetensors'), loras: [] }
  const { notes, schedule } = await engine.drawn({ ...still, width: 64, height: 64, model, frames: 2, steps: 2 })
  assert.deepEqual([schedule.predictsVelocity, schedule.sampler.betas], [true, 'linear'])
  assert.deepEqual(codes(notes), ['velocity-motion'])
})

test('motion modules that were saved in one file with their UNet move it', () => {
  const checkpoint = join(scratch, 'both_v2.safetensors')
  const tensors = ['checkpoint', 'motion_v2'].flatMap((name) => [...openTensorFile(join(tiny, `${name}.safetensors`)).tensors.values()])
  writeSafetensors(
    checkpoint,
    tensors.map((tensor) => ({ ...tensor, bytes: () => bytesOf(tensor) })),
  )
  assert.equal(openModel({ checkpoint }).motion?.architecture.version, 'v2')
  assert.equal(openModel({ checkpoint, motion: join(tiny, 'motion_v3.safetensors') }).motion?.architecture.version, 'v3')
})
